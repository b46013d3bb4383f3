import type { Batch, Committed } from '../ports/index.ts'
import type { Clients } from './client.ts'
import type { Disk } from './disk.ts'
import { FoundProblem } from './finding.ts'

/** What is remembered of a world to find what is done twice. */
export interface Evidence {
  readonly timersFired: Map<string, number>
  /** The last sequence of each unit and key, by service. */
  readonly sequences: Map<string, number>
}

/** A world that has come to rest, as the oracles see it. */
export interface RestingWorld {
  readonly disks: ReadonlyMap<string, Disk>
  readonly clients: Clients
}

/** Checks of a commit, at the moment when it is on the disk. `nowMs` is the latest wall time it may go by. */
export function checkCommit(
  disk: Disk,
  batch: Batch,
  _committed: Committed,
  nowMs: number,
  { timersFired, sequences }: Evidence
): void {
  for (const { unit, key, type, sequence } of batch.log) {
    if (sequence === 0) continue
    const name = `${disk.service}/${unit} ${key}`
    const expected = (sequences.get(name) ?? 0) + 1
    if (sequence !== expected)
      throw new FoundProblem('order-per-key', `${name}: ${type} is number ${sequence}, not ${expected}.`)
    sequences.set(name, sequence)
  }
  for (const { unit, key, name, firedMs } of batch.timers) {
    if (firedMs === undefined) continue
    const timer = `${disk.service}/${unit} ${key} ${name}`
    if (firedMs > nowMs)
      throw new FoundProblem('timers-never-early', `${timer} fired ${firedMs - nowMs} ms early.`)
    const id = `${timer} ${firedMs} ${disk.states.get(unit)?.get(key)?.version}`
    timersFired.set(id, (timersFired.get(id) ?? 0) + 1)
    if ((timersFired.get(id) ?? 0) > 1) throw new FoundProblem('timers-fire-once', `${timer} fired twice.`)
  }
}

function checkAnswers({ clients, disks }: RestingWorld): void {
  for (const { command, idempotencyKey, end } of clients.sent) {
    if (end?.kind !== 'answered') continue
    const disk = disks.get(command.service)
    const stored = disk?.answers.get(idempotencyKey)
    const what = `${command.service}/${command.type} ${command.key}`
    if (!stored) throw new FoundProblem('acknowledged-is-kept', `${what} was answered, but is not stored.`)
    const { answer } = end
    if (answer.outcome !== 'accepted') continue
    const [, partition, position] = answer.position.split(':').map(Number)
    const row = disk?.log[partition ?? 0]?.[(position ?? 0) - 1]
    if (row?.type !== answer.event.type)
      throw new FoundProblem(
        'acknowledged-is-kept',
        `${what} was answered with ${answer.event.type} at ${answer.position}, but there is ${row?.type ?? 'nothing'}.`
      )
    if ('position' in stored.outcome && stored.outcome.position !== position)
      throw new FoundProblem('answered-once', `${what} was decided twice.`)
  }
}

/** A key's rows are 1, 2, 3 ... in the order of their positions. */
function checkSequences(disk: Disk): void {
  const last = new Map<string, number>()
  for (const log of disk.log)
    for (const { unit, key, sequence, type, position } of log) {
      if (sequence === 0) continue
      const name = `${disk.service}/${unit} ${key}`
      const expected = (last.get(name) ?? 0) + 1
      if (sequence !== expected)
        throw new FoundProblem(
          'order-per-key',
          `${name}: ${type} at ${position} is number ${sequence}, not ${expected}.`
        )
      last.set(name, sequence)
    }
}

function checkParked(disk: Disk): void {
  for (const { subscription, key, status, failure, message } of disk.parked.values())
    if (status === 'dead')
      throw new FoundProblem(
        'no-dead-letters',
        `${disk.service}/${subscription} cannot take ${message.type} of ${key}: ${failure}`
      )
}

interface ProcessText {
  readonly status?: string
  readonly steps?: Readonly<Record<string, string>>
}

function checkProcesses(disk: Disk, processes: ReadonlySet<string>): void {
  for (const unit of processes)
    for (const { key, text } of disk.states.get(unit)?.values() ?? []) {
      const { status, steps = {} } = JSON.parse(text) as ProcessText
      if (status !== 'running' && status !== 'compensating') continue
      const isTimed = [...disk.timers.values()].some((timer) => timer.unit === unit && timer.key === key)
      if (isTimed) continue
      const open = Object.entries(steps).filter(([, stands]) => stands === 'begun' || stands === 'undoing')
      const waits = open.map(([step, stands]) => `'${step}' is ${stands}`).join(', ')
      throw new FoundProblem(
        'processes-end',
        `${disk.service}/${unit} ${key} is ${status} for ever: ${waits}, no timer is set, and nothing is under way. Give the step a timeout, or the process a deadline.`
      )
    }
}

/** Checks of a world at rest. */
export function checkAtRest(
  resting: RestingWorld & {
    readonly definition: {
      readonly services: ReadonlyMap<
        string,
        { readonly units: ReadonlyMap<string, { readonly kind: string }> }
      >
    }
  }
): void {
  checkAnswers(resting)
  for (const [service, disk] of resting.disks) {
    checkSequences(disk)
    checkParked(disk)
    const units = resting.definition.services.get(service)?.units ?? new Map()
    const processes = [...units]
      .filter(([, { kind }]) => kind === 'process-manager')
      .map(([name]) => name as string)
    checkProcesses(disk, new Set(processes))
  }
}
