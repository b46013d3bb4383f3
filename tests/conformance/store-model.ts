import { Failure, partitionOf } from '../../src/core/index.ts'
import {
  type AuditWrite,
  type Batch,
  type BatchPosition,
  type Checkpoint,
  type Committed,
  type Generation,
  type LogRow,
  type ParkedMessage,
  type StoredAnswer,
  type StoredState,
  type StoredTimer,
  subscriptionName
} from '../../src/ports/index.ts'

/** A state with the name it is found by. */
export type NamedState = StoredState & { readonly unit: string; readonly key: string }

interface ModelGeneration extends Generation {
  readonly indexes: readonly string[]
  readonly rows: Map<string, unknown>
}

/** Everything that a store holds, in plain memory. */
export interface ModelData {
  readonly logs: LogRow[][]
  readonly states: Map<string, NamedState>
  readonly checkpoints: Map<string, Checkpoint & { readonly subscription: string }>
  readonly timers: Map<string, StoredTimer>
  readonly parked: Map<number, ParkedMessage>
  lastNumber: number
  readonly answers: Map<string, StoredAnswer>
  readonly audit: AuditWrite[]
  readonly generations: Map<string, ModelGeneration>
}

function conflict(what: string): Failure {
  return new Failure('VERSION_CONFLICT', { hint: what })
}

function apply(data: ModelData, service: string, batch: Batch): Committed {
  const positions = batch.log.map((row) => data.logs[row.partition]?.push(row as LogRow) ?? 0)
  const at = (position: BatchPosition): number =>
    typeof position === 'number' ? position : (positions[position.row] as number)
  for (const [index, row] of batch.log.entries()) {
    const position = positions[index] as number
    const log = data.logs[row.partition] as LogRow[]
    log[position - 1] = { ...row, previous: at(row.previous), service, position }
  }
  applyStates(data, batch, at)
  applyCheckpoints(data, batch)
  applyTimers(data, batch)
  const parkedNumbers = applyParked(data, batch)
  for (const { idempotencyKey, fingerprint, outcome } of batch.answers) {
    if (data.answers.has(idempotencyKey)) throw conflict(idempotencyKey)
    const place = (row: number) => ({ partition: batch.log[row]?.partition ?? 0, position: at({ row }) })
    data.answers.set(idempotencyKey, {
      fingerprint,
      outcome: 'row' in outcome ? place(outcome.row) : outcome
    })
  }
  data.audit.unshift(...[...batch.audit].reverse())
  for (const { projection, generation, key, data: row } of batch.projections) {
    const rows = data.generations.get(`${projection} ${generation}`)?.rows
    if (!rows) throw new Failure('UNIT_UNKNOWN', {})
    if (row === null) rows.delete(key)
    else rows.set(key, row)
  }
  return { positions, parkedNumbers }
}

function applyStates(data: ModelData, batch: Batch, at: (position: BatchPosition) => number): void {
  for (const { expected, lastPosition, ...state } of batch.states) {
    const name = `${state.unit} ${state.key}`
    if ((data.states.get(name)?.version ?? 0) !== expected) throw conflict(name)
    data.states.set(name, { ...state, lastPosition: at(lastPosition) })
  }
}

function applyCheckpoints(data: ModelData, batch: Batch): void {
  for (const { subscription, source, partition, from, to, done } of batch.checkpoints) {
    const name = `${subscription} ${source} ${partition}`
    const now = data.checkpoints.get(name)
    if ((now?.position ?? 0) !== from) throw new Failure('CHECKPOINT_CONFLICT', {})
    data.checkpoints.set(name, {
      subscription,
      source,
      partition,
      position: to,
      done: (now?.done ?? 0) + done
    })
  }
}

function applyTimers(data: ModelData, batch: Batch): void {
  for (const { dueMs, firedMs, ...timer } of batch.timers) {
    const name = `${timer.unit} ${timer.key} ${timer.name}`
    if (firedMs !== undefined && data.timers.get(name)?.dueMs !== firedMs) throw conflict(name)
    if (dueMs === 'cancel') data.timers.delete(name)
    else data.timers.set(name, { ...timer, dueMs })
  }
}

function applyParked(data: ModelData, batch: Batch): readonly number[] {
  for (const { number, expected, status, attempts, dueMs, failure, message } of batch.parkedChanges) {
    const now = data.parked.get(number)
    if (now?.status !== expected.status || now.attempts !== expected.attempts)
      throw conflict(`parked ${number}`)
    if (status === 'gone') data.parked.delete(number)
    else {
      const edited = (message as LogRow | undefined) ?? now.message
      data.parked.set(number, { ...now, status, attempts, dueMs, failure, message: edited })
    }
  }
  return batch.parked.map((write) => {
    data.lastNumber += 1
    data.parked.set(data.lastNumber, { ...write, number: data.lastNumber, message: write.message as LogRow })
    return data.lastNumber
  })
}

/** The store as its port describes it, with nothing of how it is done: what an adapter is compared with. */
export class StoreModel {
  readonly service: string
  readonly partitions: number
  data: ModelData

  constructor(service: string, partitions: number) {
    this.service = service
    this.partitions = partitions
    this.data = {
      logs: Array.from({ length: partitions }, () => []),
      states: new Map(),
      checkpoints: new Map(),
      timers: new Map(),
      parked: new Map(),
      lastNumber: 0,
      answers: new Map(),
      audit: [],
      generations: new Map()
    }
  }

  commit(batch: Batch): Committed {
    const next = structuredClone(this.data)
    const committed = apply(next, this.service, JSON.parse(JSON.stringify(batch)) as Batch)
    this.data = next
    return committed
  }

  history(unit: string, key: string, uptoPosition: number): readonly LogRow[] {
    const log = this.data.logs[partitionOf(key, this.partitions)] ?? []
    const rows: LogRow[] = []
    let position = this.data.states.get(`${unit} ${key}`)?.lastPosition ?? 0
    while (position > 0) {
      const row = log[position - 1] as LogRow
      if (position <= uptoPosition) rows.unshift(row)
      position = row.previous
    }
    return rows
  }

  generationsOf(projection: string): ModelGeneration[] {
    return [...this.data.generations.values()].filter((each) => each.projection === projection)
  }

  addGeneration(projection: string, generation: number, indexes: readonly string[]): void {
    const name = `${projection} ${generation}`
    if (this.data.generations.has(name)) throw conflict(name)
    const status = this.generationsOf(projection).length === 0 ? 'live' : 'building'
    this.data.generations.set(name, { projection, generation, revision: 1, status, indexes, rows: new Map() })
  }

  dropGeneration(projection: string, generation: number): void {
    const found = this.data.generations.get(`${projection} ${generation}`)
    if (!found) throw new Failure('UNIT_UNKNOWN', {})
    if (found.status === 'live') throw new Failure('REBUILD_IMPOSSIBLE', {})
    this.#discard(found)
  }

  swapGeneration(projection: string, generation: number): void {
    const found = this.data.generations.get(`${projection} ${generation}`)
    if (!found) throw new Failure('UNIT_UNKNOWN', {})
    for (const other of this.generationsOf(projection)) if (other !== found) this.#discard(other)
    this.data.generations.set(`${projection} ${generation}`, { ...found, status: 'live' })
  }

  #discard({ projection, generation }: Generation): void {
    const subscription = subscriptionName(projection, generation)
    this.data.generations.delete(`${projection} ${generation}`)
    for (const [name, each] of this.data.checkpoints)
      if (each.subscription === subscription) this.data.checkpoints.delete(name)
    for (const [number, each] of this.data.parked)
      if (each.subscription === subscription) this.data.parked.delete(number)
  }
}
