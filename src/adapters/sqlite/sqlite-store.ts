import { Failure, partitionOf } from '../../core/index.ts'
import type {
  AuditWrite,
  Batch,
  Checkpoint,
  Committed,
  Generation,
  LogRow,
  ParkedFilter,
  ParkedMessage,
  ParkedStatus,
  Query,
  QueryPage,
  Store,
  StoredAnswer,
  StoredState,
  StoredTimer,
  StoreGuarantees
} from '../../ports/index.ts'
import { type SessionNeeds, StoreSession } from './store-session.ts'

/** Where a service keeps its data. */
export interface SqliteStoreOptions {
  readonly service: string
  /** The database file; made, with its directory, when missing. */
  readonly file: string
  /** How many partitions a new log gets, 1 to 32; default 16. Fixed for the life of the file. */
  readonly partitions?: number
}

const guarantees: StoreGuarantees = { name: 'sqlite', durable: true, messageMaxBytes: 1_048_576 }

class SqliteStore implements Store {
  readonly guarantees: StoreGuarantees = guarantees
  readonly service: string
  readonly partitions: number
  readonly #session: StoreSession

  constructor(needs: SessionNeeds) {
    this.#session = new StoreSession(needs)
    this.service = needs.service
    this.partitions = this.#session.partitions
  }

  async commit(batch: Batch): Promise<Committed> {
    return this.#session.run((opened) => opened.commit(batch))
  }

  async read(partition: number, after: number, limit: number): Promise<readonly LogRow[]> {
    return this.#session.run(({ log }) => log.read(partition, after, limit))
  }

  async heads(): Promise<readonly number[]> {
    return this.#session.run(({ log }) => log.heads)
  }

  async states(unit: string, keys: readonly string[]): Promise<ReadonlyMap<string, StoredState>> {
    return this.#session.run(({ states }) => states.read(unit, keys))
  }

  async listStates(
    unit: string,
    afterKey: string,
    limit: number
  ): Promise<readonly (StoredState & { readonly key: string })[]> {
    return this.#session.run(({ states }) => states.list(unit, afterKey, limit))
  }

  async history(
    unit: string,
    key: string,
    uptoPosition: number = Number.MAX_SAFE_INTEGER
  ): Promise<readonly LogRow[]> {
    return this.#session.run(({ states, log }) => {
      const last = states.read(unit, [key]).get(key)?.lastPosition ?? 0
      return log.chain(partitionOf(key, this.partitions), last, uptoPosition)
    })
  }

  async checkpoints(subscription: string): Promise<readonly Checkpoint[]> {
    return this.#session.run(({ checkpoints }) => checkpoints.read(subscription))
  }

  async answer(idempotencyKey: string): Promise<StoredAnswer | undefined> {
    return this.#session.run(({ answers }) => answers.read(idempotencyKey))
  }

  async timers(limit: number, units?: readonly string[]): Promise<readonly StoredTimer[]> {
    return this.#session.run(({ timers }) => timers.read(limit, units))
  }

  async timerCount(): Promise<number> {
    return this.#session.run(({ timers }) => timers.count())
  }

  async parked(filter: ParkedFilter): Promise<readonly ParkedMessage[]> {
    return this.#session.run(({ parked }) => parked.read(filter))
  }

  async parkedCounts(): Promise<
    readonly { readonly subscription: string; readonly status: ParkedStatus; readonly count: number }[]
  > {
    return this.#session.run(({ parked }) => parked.counts())
  }

  async parkedKeys(): Promise<readonly { readonly subscription: string; readonly key: string }[]> {
    return this.#session.run(({ parked }) => parked.keys())
  }

  async audit(limit: number): Promise<readonly AuditWrite[]> {
    return this.#session.run(({ answers }) => answers.readAudit(limit))
  }

  async rows(
    projection: string,
    generation: number,
    keys: readonly string[]
  ): Promise<ReadonlyMap<string, unknown>> {
    return this.#session.run(({ generations }) => generations.rows(projection, generation).read(keys))
  }

  async query(projection: string, generation: number, query: Query): Promise<QueryPage> {
    return this.#session.run(({ generations }) => generations.rows(projection, generation).query(query))
  }

  async rowsHash(
    projection: string,
    generation: number
  ): Promise<{ readonly rows: number; readonly hash: string }> {
    return this.#session.run(({ generations }) => generations.rows(projection, generation).hash())
  }

  async generations(projection: string): Promise<readonly Generation[]> {
    return this.#session.run(({ generations }) => generations.list(projection))
  }

  async addGeneration(
    projection: string,
    generation: number,
    revision: number,
    indexes: readonly string[],
    status: 'live' | 'building'
  ): Promise<void> {
    this.#session.run((opened) => opened.addGeneration({ projection, generation, revision, status }, indexes))
  }

  async swapGeneration(projection: string, generation: number): Promise<void> {
    this.#session.run((opened) => opened.swapGeneration(projection, generation))
  }

  async dropGeneration(projection: string, generation: number): Promise<void> {
    this.#session.run((opened) => opened.dropGeneration(projection, generation))
  }

  async check(): Promise<readonly string[]> {
    return this.#session.check()
  }

  async close(): Promise<void> {
    this.#session.close()
  }
}

/**
 * Opens the store of one service on a SQLite file: write-ahead log, `synchronous=FULL`, one process a file. Programs
 * that only read may open the file at the same time. Fails with `STORE_LOCKED` when another process has it,
 * `STORE_NEWER` when a newer version wrote it, `STORE_CORRUPT`, `STORE_GUARANTEE` when the file system cannot give
 * what is promised, `STORE_UNAVAILABLE` when the file cannot be made, read or written, `CONFIG_INVALID` when it
 * belongs to another service or program.
 */
export async function sqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { service, file, partitions } = options
  if (partitions !== undefined && (!Number.isInteger(partitions) || partitions < 1 || partitions > 32))
    throw new Failure('CONFIG_INVALID', {
      hint: `A log has 1 to 32 partitions, not ${partitions}.`,
      partitions
    })
  const { messageMaxBytes } = guarantees
  return new SqliteStore({ service, file, partitions, messageMaxBytes })
}
