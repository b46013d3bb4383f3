import { assert, partitionOf } from '../core/index.ts'
import {
  type Batch,
  type CheckpointMove,
  emptyBatch,
  type NewLogRow,
  type ProjectionWrite,
  type StateWrite,
  type Store
} from '../ports/index.ts'

/** The data of one store under test. */
export interface StoreData {
  /** Opens a store on this data. A case closes it before it opens the data again. */
  open(): Promise<Store>
  /** Removes the data; the store is closed by then. */
  remove(): Promise<void>
}

/** Makes fresh, empty data for a store of that service with so many partitions. */
export type StoreOpener = (wanted: {
  readonly service: string
  readonly partitions: number
}) => Promise<StoreData>

/** What a case works on. */
export class StoreStage {
  readonly service: string
  readonly partitions: number
  readonly #data: StoreData
  #store: Store | undefined

  constructor(service: string, partitions: number, data: StoreData) {
    this.service = service
    this.partitions = partitions
    this.#data = data
  }

  /** The store as it is open now. */
  get store(): Store {
    assert(this.#store, 'a case works on an open store')
    return this.#store
  }

  /** Closes the store when it is open, and opens it on the same data. */
  async reopen(): Promise<Store> {
    await this.#store?.close()
    this.#store = await this.#data.open()
    return this.#store
  }

  async close(): Promise<void> {
    await this.#store?.close()
    await this.#data.remove()
  }

  /** The partition of a key. */
  partitionOf(key: string): number {
    return partitionOf(key, this.partitions)
  }

  /** A row of the log in the partition of its key, with everything that does not matter filled in. */
  row(key: string, fields: Partial<NewLogRow> = {}): NewLogRow {
    return rowOf(key, { partition: this.partitionOf(key), ...fields })
  }

  /** Commits a batch whose other parts are empty. */
  commit(parts: Partial<Batch>): ReturnType<Store['commit']> {
    return this.store.commit(batchOf(parts))
  }
}

/** A named case on an open store with nothing in it. */
export type StoreCase = readonly [name: string, run: (stage: StoreStage) => Promise<void>]

/** A batch with these parts; the others are empty. */
export function batchOf(parts: Partial<Batch>): Batch {
  return { ...emptyBatch, ...parts }
}

/** A row of partition 0 of the log, with everything that does not matter filled in. */
export function rowOf(key: string, fields: Partial<NewLogRow> = {}): NewLogRow {
  return {
    partition: 0,
    kind: 'event',
    type: 'ShipMoored',
    version: 1,
    unit: 'berth',
    key,
    sequence: 1,
    previous: 0,
    timeMs: 1_700_000_000_000,
    correlationId: 'correlation-1',
    causationId: 'pilot:2:7',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    data: { ship: key },
    ...fields
  }
}

/** A state with everything that does not matter filled in. */
export function stateOf(key: string, fields: Partial<StateWrite> = {}): StateWrite {
  return {
    unit: 'berth',
    key,
    expected: 0,
    version: 1,
    sequence: 0,
    lastPosition: 0,
    revision: 1,
    data: { status: 'free' },
    ...fields
  }
}

/** A move of the checkpoint of `arrivals` in partition 0 of `pilot`. */
export function moveOf(from: number, to: number, fields: Partial<CheckpointMove> = {}): CheckpointMove {
  return { subscription: 'arrivals', source: 'pilot', partition: 0, from, to, done: to - from, ...fields }
}

/** A row of the first generation of the projection `board`. */
export function boardRow(key: string, data: unknown, generation = 1): ProjectionWrite {
  return { projection: 'board', generation, key, data }
}
