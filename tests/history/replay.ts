import { readFileSync } from 'node:fs'
import { Failure } from '../../src/index.ts'
import type { Committed } from '../../src/ports/index.ts'
import { Disk } from '../../src/simulator/disk.ts'
import type { Change, Recorded } from './recording.ts'

/** What a history speaks of: where a store may have something that the model has not. */
export interface Named {
  readonly units: Set<string>
  readonly subscriptions: Set<string>
  readonly projections: Set<string>
  readonly idempotencyKeys: Set<string>
}

/** What the model made of a recorded history of one service. */
export interface Replay {
  readonly disk: Disk
  /** Where the model went another way than the store: each is a defect of the model (or of the store). */
  readonly problems: readonly string[]
  /** How many changes were made, and how many refused, alike by both. */
  readonly changes: number
  readonly refused: number
  /** Everything that was named in the history, also by what was not written. */
  readonly named: Named
  /** What was asked last, if nobody knows whether it was written: the process died, or the disk failed. */
  readonly open: Change | undefined
}

/** Reads what was taken down, oldest first; a line that a dying process has not finished is left out. */
export function readHistory(files: readonly string[]): readonly Recorded[] {
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(0, -1))
  return lines.map((line) => JSON.parse(line) as Recorded)
}

/** Makes one change on the model; the positions and numbers that it gave. */
export function change(disk: Disk, made: Change): Committed | undefined {
  if (made.call === 'commit') return disk.apply(made.batch)
  const [projection, generation, revision, indexes, status] = made.parameters as [
    string,
    number,
    number,
    readonly string[],
    'live' | 'building'
  ]
  if (made.call === 'addGeneration') disk.addGeneration({ projection, generation, revision, indexes, status })
  else if (made.call === 'swapGeneration') disk.swapGeneration(projection, generation)
  else disk.dropGeneration(projection, generation)
  return undefined
}

const refusals = new Set(['VERSION_CONFLICT', 'CHECKPOINT_CONFLICT'])

function codeOf(thrown: unknown): string {
  return thrown instanceof Failure ? thrown.code : String(thrown)
}

function takeNames(named: Named, asked: Change): void {
  if (asked.call !== 'commit') {
    named.projections.add(String(asked.parameters[0]))
    return
  }
  const { states, projections, checkpoints, answers } = asked.batch
  for (const { unit } of states) named.units.add(unit)
  for (const { projection } of projections) named.projections.add(projection)
  for (const { subscription } of checkpoints) named.subscriptions.add(subscription)
  for (const { idempotencyKey } of answers) named.idempotencyKeys.add(idempotencyKey)
}

class Replaying {
  readonly disk: Disk
  readonly named: Named = {
    units: new Set(),
    subscriptions: new Set(),
    projections: new Set(),
    idempotencyKeys: new Set()
  }
  readonly problems: string[] = []
  changes = 0
  refused = 0
  open: Change | undefined

  constructor(service: string, partitions: number) {
    this.disk = new Disk(service, partitions)
  }

  take(line: Recorded, at: number): void {
    const where = `${line.service}, line ${at}`
    if (line.what === 'asked') {
      this.open = line.change
      takeNames(this.named, line.change)
      return
    }
    const asked = this.open
    if (!asked) {
      if (line.what !== 'settled') this.problems.push(`${where}: nothing was asked`)
      return
    }
    if (line.what === 'failed') this.#failed(asked, line.code, where)
    else if (line.what === 'settled') {
      this.open = undefined
      if (line.written) this.#make(asked, where)
    } else {
      this.open = undefined
      const given = this.#make(asked, where)
      if (given === 'refused' || JSON.stringify(given) === JSON.stringify(line.committed)) return
      this.problems.push(
        `${where}: the store gave ${JSON.stringify(line.committed)}, the model ${JSON.stringify(given)}`
      )
    }
  }

  #make(asked: Change, where: string): Committed | undefined | 'refused' {
    try {
      const given = change(this.disk, asked)
      this.changes += 1
      return given
    } catch (thrown) {
      this.problems.push(`${where}: the store made a change that the model refuses: ${codeOf(thrown)}`)
      return 'refused'
    }
  }

  #failed(asked: Change, code: string, where: string): void {
    // A disk that failed may have taken it or not; the store promises that later changes see that it has not.
    if (!refusals.has(code)) return
    this.open = undefined
    try {
      change(this.disk, asked)
      this.problems.push(`${where}: the store refused with ${code} what the model takes`)
    } catch (thrown) {
      this.refused += 1
      if (codeOf(thrown) !== code)
        this.problems.push(`${where}: the store refused with ${code}, the model with ${codeOf(thrown)}`)
    }
  }
}

/** Leads what one service has written in all its lives through the disk of the simulator. */
export function replay(lines: readonly Recorded[], service: string, partitions: number): Replay {
  const replaying = new Replaying(service, partitions)
  for (const [index, line] of lines.entries()) if (line.service === service) replaying.take(line, index + 1)
  return replaying
}
