import { Failure, partitionOf } from '../../core/index.ts'
import type {
  AuditWrite,
  Batch,
  Checkpoint,
  Committed,
  Fence,
  Generation,
  Leases,
  LogRow,
  ParkedFilter,
  ParkedMessage,
  ParkedStatus,
  Query,
  QueryPage,
  Retention,
  Store,
  StoredAnswer,
  StoredState,
  StoredTimer,
  StoreGuarantees
} from '../../ports/index.ts'
import { CommitAnnouncer } from './commit-announcer.ts'
import type { PostgresConnection, PostgresPool } from './connection.ts'
import { GroupedLookup } from './grouped-lookup.ts'
import { OpenedStore } from './opened-store.ts'
import { isUndefined, isWithoutRange } from './postgres-failure.ts'
import { PostgresLeases } from './postgres-leases.ts'
import { PostgresRetention } from './postgres-retention.ts'
import { RangeKeeper } from './range-keeper.ts'
import { checkStore } from './store-check.ts'
import { type SessionNeeds, StoreSession, type TaskKind } from './store-session.ts'
import { storeTimes } from './store-times.ts'

/** Where a service keeps its data. */
export interface PostgresStoreOptions {
  readonly service: string
  /**
   * Connections to the database, with the role of the service: a `Pool` of the package `pg`. Several are several
   * addresses of one database of which one takes writes, as after a failover. The store ends them when it closes, and
   * when it cannot be opened. Let the pool keep idle connections (`idleTimeoutMillis: 0`, with `keepAlive`): the first
   * commit on a new one is slow.
   */
  readonly pool: PostgresPool | readonly PostgresPool[]
  /** The schema with the tables of the service; default its name. Made when missing and the role may. */
  readonly schema?: string
  /** How many partitions a new log gets, 1 to 32; default 16. Fixed for the life of the schema. */
  readonly partitions?: number
  /**
   * How many positions of each partition a range of a new log has; default 100,000. Old ranges may be archived as a
   * whole. Fixed for the life of the schema.
   */
  readonly rangeSpan?: number
  /**
   * How long one call may take before its connection is given up, in milliseconds; a check, a hash over all rows and a
   * migration take as long as they take. Longer than `lockTimeoutMs`. Default 30,000.
   */
  readonly timeoutMs?: number
  /**
   * How long a commit waits for locks that another holds, in milliseconds; less than `timeoutMs`. Default 10,000, or half
   * of `timeoutMs` where that is less.
   */
  readonly lockTimeoutMs?: number
  /** Tells other instances of each commit with log rows, as a hint: see `commitNews`. Default false. */
  readonly announce?: boolean
}

const guarantees: StoreGuarantees = { name: 'postgres', durable: true, messageMaxBytes: 1_048_576 }

/** So many answers are looked up by one query. */
const answersAtOnce = 1_000

/** A commit is done again so often because others were faster than the ranges that were made for it. */
const rangeTriesMax = 5

class PostgresStore implements Store {
  readonly guarantees: StoreGuarantees = guarantees
  readonly service: string
  readonly partitions: number
  readonly shared = true as const
  readonly leases: Leases
  readonly retention: Retention
  readonly #schema: string
  readonly #session: StoreSession
  readonly #opened: OpenedStore
  readonly #announcer: CommitAnnouncer | undefined
  readonly #answers: GroupedLookup<StoredAnswer>
  readonly #keeper: RangeKeeper

  constructor(
    session: StoreSession,
    { partitions, span }: { readonly partitions: number; readonly span: number },
    needs: SessionNeeds,
    { lockMs, announce }: { readonly lockMs: number; readonly announce: boolean }
  ) {
    const { service, schema } = needs
    this.service = service
    this.partitions = partitions
    this.#schema = schema
    this.#session = session
    this.leases = new PostgresLeases(session, schema)
    this.#announcer = announce ? new CommitAnnouncer(session, schema) : undefined
    this.#answers = new GroupedLookup(
      (keys) => this.#run(({ answers }, connection) => answers.read(connection, keys)),
      answersAtOnce
    )
    const { messageMaxBytes } = guarantees
    this.#opened = new OpenedStore({ service, schema, partitions, messageMaxBytes, lockMs })
    this.retention = new PostgresRetention(session, this.#opened)
    this.#keeper = new RangeKeeper(session, this.#opened.ranges, span)
  }

  /** Makes room for what will be said first. */
  async begin(): Promise<void> {
    await this.#keeper.make(Math.max(...(await this.heads())))
  }

  #run<Result>(
    task: (opened: OpenedStore, connection: PostgresConnection) => Promise<Result>,
    kind: TaskKind = 'read'
  ): Promise<Result> {
    return this.#session.run(kind, async (connection) => {
      try {
        return await task(this.#opened, connection)
      } catch (thrown) {
        if (!isUndefined(thrown)) throw thrown
        // Another instance has dropped a generation that was known here.
        this.#opened.generationsChanged()
        return task(this.#opened, connection)
      }
    })
  }

  async commit(batch: Batch): Promise<Committed> {
    const committed = await this.#written(batch)
    for (const [index, position] of committed.positions.entries()) {
      this.#session.saw(batch.log[index]?.partition ?? 0, position)
      this.#keeper.saw(position)
    }
    if (batch.log.length > 0) this.#announcer?.announce()
    return committed
  }

  async #written(batch: Batch): Promise<Committed> {
    for (let tries = 1; ; tries++)
      try {
        return await this.#run((opened, connection) => opened.commit(connection, batch), 'commit')
      } catch (thrown) {
        if (tries >= rangeTriesMax || !isWithoutRange((thrown as Failure).cause)) throw thrown
        // Nothing of it was written, and the range it needs was not made in time.
        const heads = await this.heads()
        await this.#keeper.make(Math.max(...heads) + batch.log.length)
      }
  }

  read(partition: number, after: number, limit: number): Promise<readonly LogRow[]> {
    return this.#run(({ log }, connection) => log.read(connection, partition, after, limit))
  }

  async heads(): Promise<readonly number[]> {
    const heads = await this.#run(({ log }, connection) => log.heads(connection))
    for (const [partition, head] of heads.entries()) this.#session.saw(partition, head)
    return heads
  }

  firstPosition(): Promise<number> {
    return this.#run(({ log }, connection) => log.firstPosition(connection))
  }

  acknowledge(subscriber: string, positions: readonly number[]): Promise<void> {
    // Said twice it is the same, so it may be repeated as a read is.
    return this.#run(
      ({ subscribers }, connection) => subscribers.acknowledge(connection, subscriber, positions, Date.now()),
      'read'
    )
  }

  states(unit: string, keys: readonly string[]): Promise<ReadonlyMap<string, StoredState>> {
    return this.#run(({ states }, connection) => states.read(connection, unit, keys))
  }

  listStates(
    unit: string,
    afterKey: string,
    limit: number
  ): Promise<readonly (StoredState & { readonly key: string })[]> {
    return this.#run(({ states }, connection) => states.list(connection, unit, afterKey, limit))
  }

  history(
    unit: string,
    key: string,
    uptoPosition: number = Number.MAX_SAFE_INTEGER
  ): Promise<readonly LogRow[]> {
    return this.#run(async ({ states, log }, connection) => {
      const last = (await states.read(connection, unit, [key])).get(key)?.lastPosition ?? 0
      return log.chain(connection, partitionOf(key, this.partitions), last, uptoPosition)
    })
  }

  checkpoints(subscription: string): Promise<readonly Checkpoint[]> {
    return this.#run(({ checkpoints }, connection) => checkpoints.read(connection, subscription))
  }

  async answer(idempotencyKey: string): Promise<StoredAnswer | undefined> {
    this.#session.check()
    return this.#answers.get(idempotencyKey)
  }

  timers(limit: number, units?: readonly string[]): Promise<readonly StoredTimer[]> {
    return this.#run(({ timers }, connection) => timers.read(connection, limit, units))
  }

  timerCount(): Promise<number> {
    return this.#run(({ timers }, connection) => timers.count(connection))
  }

  parked(filter: ParkedFilter): Promise<readonly ParkedMessage[]> {
    return this.#run(({ parked }, connection) => parked.read(connection, filter))
  }

  parkedCounts(): Promise<
    readonly { readonly subscription: string; readonly status: ParkedStatus; readonly count: number }[]
  > {
    return this.#run(({ parked }, connection) => parked.counts(connection))
  }

  parkedKeys(): Promise<readonly { readonly subscription: string; readonly key: string }[]> {
    return this.#run(({ parked }, connection) => parked.keys(connection))
  }

  audit(limit: number): Promise<readonly AuditWrite[]> {
    return this.#run(({ answers }, connection) => answers.readAudit(connection, limit))
  }

  rows(
    projection: string,
    generation: number,
    keys: readonly string[]
  ): Promise<ReadonlyMap<string, unknown>> {
    return this.#run(async ({ generations }, connection) =>
      (await generations.rows(connection, projection, generation)).read(connection, keys)
    )
  }

  query(projection: string, generation: number, query: Query): Promise<QueryPage> {
    return this.#run(async ({ generations }, connection) =>
      (await generations.rows(connection, projection, generation)).query(connection, query)
    )
  }

  rowsHash(
    projection: string,
    generation: number
  ): Promise<{ readonly rows: number; readonly hash: string }> {
    return this.#run(
      (opened, connection) =>
        opened.transaction(connection, 'ISOLATION LEVEL REPEATABLE READ READ ONLY', async () =>
          (await opened.generations.rows(connection, projection, generation)).hash(connection)
        ),
      'everything'
    )
  }

  generations(projection: string): Promise<readonly Generation[]> {
    return this.#run(({ generations }, connection) => generations.list(connection, projection))
  }

  addGeneration(
    projection: string,
    generation: number,
    revision: number,
    indexes: readonly string[],
    status: 'live' | 'building',
    fence?: Fence
  ): Promise<void> {
    return this.#run(
      (opened, connection) =>
        opened.addGeneration(connection, { projection, generation, revision, status }, indexes, fence),
      'commit'
    )
  }

  swapGeneration(projection: string, generation: number, fence?: Fence): Promise<void> {
    return this.#run(
      (opened, connection) => opened.swapGeneration(connection, projection, generation, fence),
      'commit'
    )
  }

  dropGeneration(projection: string, generation: number, fence?: Fence): Promise<void> {
    return this.#run(
      (opened, connection) => opened.dropGeneration(connection, projection, generation, fence),
      'commit'
    )
  }

  check(): Promise<readonly string[]> {
    return this.#run(
      (opened, connection) =>
        opened.transaction(connection, 'ISOLATION LEVEL REPEATABLE READ READ ONLY', () =>
          checkStore(connection, this.#schema, this.service)
        ),
      'everything'
    )
  }

  close(): Promise<void> {
    return this.#session.close()
  }
}

function checkOptions({ service, schema = service, partitions, rangeSpan }: PostgresStoreOptions): void {
  if (partitions !== undefined && (!Number.isInteger(partitions) || partitions < 1 || partitions > 32))
    throw new Failure('CONFIG_INVALID', {
      hint: `A log has 1 to 32 partitions, not ${partitions}.`,
      partitions
    })
  if (rangeSpan !== undefined && (!Number.isSafeInteger(rangeSpan) || rangeSpan < 1))
    throw new Failure('CONFIG_INVALID', {
      hint: `A range of a log has at least 1 position, not ${rangeSpan}.`,
      rangeSpan
    })
  if (!/^[a-z_][a-z0-9_-]{0,62}$/.test(schema))
    throw new Failure('CONFIG_INVALID', {
      hint: `A schema is named with 1 to 63 of a-z, 0-9, _ and -, not '${schema}'.`,
      schema
    })
}

/**
 * Opens the store of one service in a schema of PostgreSQL 14 or later. Any number of processes may have it open and
 * write at the same time: positions stay without holes, who comes second meets `VERSION_CONFLICT` or
 * `CHECKPOINT_CONFLICT`, and leases say who does what. A commit is one statement and one round trip. Fails with
 * `STORE_GUARANTEE` when the server does not give what is promised (`fsync`, `full_page_writes`, `synchronous_commit`,
 * the isolation, UTF8), saying how to change it; with `STORE_NEWER` when a newer version migrated the schema,
 * `STORE_UNAVAILABLE` when no address answers, takes writes or knows the role, `CONFIG_INVALID` when the schema belongs
 * to another service or program, or an option cannot be meant. While it is open, a commit whose connection broke fails
 * with `STORE_UNAVAILABLE`, and nobody knows whether it is written: read again.
 */
export async function postgresStore(options: PostgresStoreOptions): Promise<Store> {
  checkOptions(options)
  const { service, schema = service, partitions, rangeSpan, announce = false } = options
  const { timeoutMs, lockMs } = storeTimes(options)
  const pools = 'connect' in options.pool ? [options.pool] : options.pool
  if (pools.length === 0) throw new Failure('CONFIG_INVALID', { hint: `${service} needs a pool.` })
  const needs: SessionNeeds = { service, schema, partitions, rangeSpan, pools, timeoutMs, lockMs }
  const session = new StoreSession(needs)
  try {
    const store = new PostgresStore(session, await session.open(), needs, { lockMs, announce })
    await store.begin()
    return store
  } catch (thrown) {
    await session.close()
    throw thrown
  }
}
