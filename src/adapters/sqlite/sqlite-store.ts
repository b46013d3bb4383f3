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
import { type DatabaseFile, openDatabaseFile } from './database-file.ts'
import { type OpenedStore, openedStore } from './opened-store.ts'
import type { SchemaNeeds } from './schema.ts'
import { storeFailure } from './sqlite-failure.ts'

/** Where a service keeps its data. */
export interface SqliteStoreOptions {
  readonly service: string
  /** The database file; made, with its directory, when missing. */
  readonly file: string
  /** How many partitions a new log gets, 1 to 32; default 16. Fixed for the life of the file. */
  readonly partitions?: number
}

const guarantees: StoreGuarantees = { name: 'sqlite', durable: true, messageBytesMax: 1_048_576 }

class SqliteStore implements Store {
  readonly guarantees: StoreGuarantees = guarantees
  readonly service: string
  readonly partitions: number
  readonly #needs: SchemaNeeds
  #file: DatabaseFile | undefined
  #opened: OpenedStore | undefined
  /** Why nothing is served any more. */
  #end: Failure | undefined

  constructor(needs: SchemaNeeds) {
    this.#needs = needs
    this.service = needs.service
    this.#open()
    this.partitions = this.#file?.partitions ?? 0
  }

  #open(): OpenedStore {
    const file = openDatabaseFile(this.#needs)
    try {
      this.#opened = openedStore(file.db, this.service, file.partitions, guarantees.messageBytesMax)
      this.#file = file
      return this.#opened
    } catch (thrown) {
      file.close()
      throw storeFailure(thrown, this.#needs.file)
    }
  }

  #closeFile(): void {
    const file = this.#file
    this.#file = undefined
    this.#opened = undefined
    file?.close()
  }

  #run<Result>(task: (opened: OpenedStore) => Result): Result {
    if (this.#end) throw this.#end
    try {
      return task(this.#opened ?? this.#open())
    } catch (thrown) {
      const failure = storeFailure(thrown, this.#needs.file)
      if (failure.code === 'STORE_CORRUPT') this.#end = failure
      // After a failed sync nobody knows what the files hold: they are read afresh before the next call.
      if (failure.code === 'STORE_CORRUPT' || failure.code === 'STORE_UNAVAILABLE') this.#closeFile()
      throw failure
    }
  }

  async commit(batch: Batch): Promise<Committed> {
    return this.#run((opened) => opened.commit(batch))
  }

  async read(partition: number, after: number, limit: number): Promise<readonly LogRow[]> {
    return this.#run(({ log }) => log.read(partition, after, limit))
  }

  async heads(): Promise<readonly number[]> {
    return this.#run(({ log }) => log.heads())
  }

  async states(unit: string, keys: readonly string[]): Promise<ReadonlyMap<string, StoredState>> {
    return this.#run(({ states }) => states.read(unit, keys))
  }

  async listStates(
    unit: string,
    afterKey: string,
    limit: number
  ): Promise<readonly (StoredState & { readonly key: string })[]> {
    return this.#run(({ states }) => states.list(unit, afterKey, limit))
  }

  async history(
    unit: string,
    key: string,
    uptoPosition: number = Number.MAX_SAFE_INTEGER
  ): Promise<readonly LogRow[]> {
    return this.#run(({ states, log }) => {
      const last = states.read(unit, [key]).get(key)?.lastPosition ?? 0
      return log.chain(partitionOf(key, this.partitions), last, uptoPosition)
    })
  }

  async checkpoints(subscription: string): Promise<readonly Checkpoint[]> {
    return this.#run(({ checkpoints }) => checkpoints.read(subscription))
  }

  async answer(idempotencyKey: string): Promise<StoredAnswer | undefined> {
    return this.#run(({ answers }) => answers.read(idempotencyKey))
  }

  async timers(limit: number): Promise<readonly StoredTimer[]> {
    return this.#run(({ timers }) => timers.read(limit))
  }

  async parked(filter: ParkedFilter): Promise<readonly ParkedMessage[]> {
    return this.#run(({ parked }) => parked.read(filter))
  }

  async parkedCounts(): Promise<
    readonly { readonly subscription: string; readonly status: ParkedStatus; readonly count: number }[]
  > {
    return this.#run(({ parked }) => parked.counts())
  }

  async parkedKeys(): Promise<readonly { readonly subscription: string; readonly key: string }[]> {
    return this.#run(({ parked }) => parked.keys())
  }

  async audit(limit: number): Promise<readonly AuditWrite[]> {
    return this.#run(({ answers }) => answers.readAudit(limit))
  }

  async rows(
    projection: string,
    generation: number,
    keys: readonly string[]
  ): Promise<ReadonlyMap<string, unknown>> {
    return this.#run(({ generations }) => generations.rows(projection, generation).read(keys))
  }

  async query(projection: string, generation: number, query: Query): Promise<QueryPage> {
    return this.#run(({ generations }) => generations.rows(projection, generation).query(query))
  }

  async rowsHash(
    projection: string,
    generation: number
  ): Promise<{ readonly rows: number; readonly hash: string }> {
    return this.#run(({ generations }) => generations.rows(projection, generation).hash())
  }

  async generations(projection: string): Promise<readonly Generation[]> {
    return this.#run(({ generations }) => generations.list(projection))
  }

  async addGeneration(
    projection: string,
    generation: number,
    revision: number,
    indexes: readonly string[],
    status: 'live' | 'building'
  ): Promise<void> {
    this.#changeGenerations((opened) =>
      opened.generations.add({ projection, generation, revision, status }, indexes)
    )
  }

  async swapGeneration(projection: string, generation: number): Promise<void> {
    this.#changeGenerations((opened) => opened.generations.swap(projection, generation))
  }

  async dropGeneration(projection: string, generation: number): Promise<void> {
    this.#changeGenerations((opened) => opened.generations.drop(projection, generation))
  }

  #changeGenerations(change: (opened: OpenedStore) => void): void {
    this.#run((opened) => {
      try {
        opened.transaction(() => change(opened))
      } finally {
        opened.generations.refresh()
      }
    })
  }

  async check(): Promise<readonly string[]> {
    return this.#run(() => {
      const found = this.#file?.db.prepare('PRAGMA integrity_check').all() ?? []
      return found.map((row) => String(row['integrity_check'])).filter((line) => line !== 'ok')
    })
  }

  async close(): Promise<void> {
    this.#end ??= new Failure('STOPPING', { hint: `The store of ${this.service} is closed.` })
    this.#closeFile()
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
  return new SqliteStore({ service, file, partitions })
}
