import type { Pool } from 'pg'
import { type PostgresPool, postgresStore } from '../../src/adapters/postgres/index.ts'
import { emptyBatch, type NewLogRow, type Store } from '../../src/ports/index.ts'
import type { PostgresServer } from '../servers/postgres-server.ts'
import { delayedPool } from './delayed-pool.ts'

/** How many write how much. */
export interface ManyWritersOptions {
  readonly server: PostgresServer
  readonly schema: string
  readonly writers: number
  readonly events: number
  readonly rowsPerCommitMax: number
  /** The longest pause between numbering and commit. */
  readonly pauseMsMax: number
  /** Of so many transactions one is rolled back after numbering. */
  readonly rollbackOneIn: number
  /** One transaction holds a partition for so long. */
  readonly idleMs: number
  /** Called when the schema is there and nothing is written. */
  readonly before?: () => Promise<void>
  readonly onProgress?: (events: number) => void
}

/** What was seen: what is skipped or out of order must be nothing, and the rest not. */
export interface ManyWritersReport {
  readonly committed: number
  readonly read: number
  readonly skipped: number
  readonly outOfOrder: number
  readonly rolledBack: number
  readonly idleMs: number
  readonly readsWhileWriting: number
  readonly problems: readonly string[]
}

const partitions = 16
const keysPerWriter = 5

function rowOf(key: string, sequence: number): NewLogRow {
  return {
    partition: 0,
    kind: 'event',
    type: 'Counted',
    version: 1,
    unit: 'counter',
    key,
    sequence,
    previous: 0,
    timeMs: 0,
    correlationId: '',
    causationId: '',
    traceparent: '',
    data: { sequence }
  }
}

/** Writes rows of keys of its own, numbered by key, until all writers together have written enough. */
async function write(
  store: Store,
  name: number,
  options: ManyWritersOptions,
  take: () => number
): Promise<number> {
  const sequences = new Map<string, number>()
  let committed = 0
  for (;;) {
    const count = take()
    if (count === 0) return committed
    const log: NewLogRow[] = []
    for (let row = 0; row < count; row++) {
      const number = Math.floor(Math.random() * keysPerWriter)
      const key = `w${name}-${number}`
      const sequence = (sequences.get(key) ?? 0) + 1
      sequences.set(key, sequence)
      log.push({ ...rowOf(key, sequence), partition: (name * 7 + number * 3) % partitions })
    }
    for (;;) {
      // What was rolled back is numbered and written again.
      const positions = await store.commit({ ...emptyBatch, log }).then(
        (done) => done.positions,
        (thrown: { readonly code: string }) => {
          if (thrown.code !== 'VERSION_CONFLICT') throw thrown
          return undefined
        }
      )
      if (positions) break
    }
    committed += count
    options.onProgress?.(count)
  }
}

/** Reads one partition by plain SQL: what lies behind the last position it saw, and nothing twice. */
class Reader {
  readonly #pool: Pool
  readonly #sql: string
  readonly #partition: number
  readonly #sequences = new Map<string, number>()
  position = 0
  read = 0
  skipped = 0
  outOfOrder = 0
  reads = 0

  constructor(pool: Pool, schema: string, partition: number) {
    this.#pool = pool
    this.#sql = `SELECT position::int, key, sequence::int FROM ${schema}.log
      WHERE partition = $1 AND position > $2 ORDER BY position LIMIT 1000`
    this.#partition = partition
  }

  /** Reads what is there now; false when there was nothing. */
  async look(): Promise<boolean> {
    const { rows } = await this.#pool.query<Seen>(this.#sql, [this.#partition, this.position])
    this.reads += 1
    for (const row of rows) this.#see(row)
    return rows.length > 0
  }

  #see({ position, key, sequence }: Seen): void {
    if (position !== this.position + 1) this.skipped += 1
    if (sequence !== (this.#sequences.get(key) ?? 0) + 1) this.outOfOrder += 1
    this.#sequences.set(key, sequence)
    this.position = position
    this.read += 1
  }
}

interface Seen {
  readonly position: number
  readonly key: string
  readonly sequence: number
}

async function holdPartition({ server, schema, idleMs }: ManyWritersOptions): Promise<number> {
  const startedMs = performance.now()
  await server.admin(
    'postgres',
    'BEGIN',
    `SELECT * FROM ${schema}.partition WHERE number = 3 FOR UPDATE`,
    `SELECT pg_sleep(${idleMs / 1_000})`,
    'COMMIT'
  )
  return performance.now() - startedMs
}

/** Lets many write at once, with pauses and rollbacks between numbering and commit, while others read. */
export async function manyWriters(options: ManyWritersOptions): Promise<ManyWritersReport> {
  const { server, schema, writers, events, rowsPerCommitMax } = options
  const rolledBack = { count: 0 }
  const open = (pool: PostgresPool): Promise<Store> =>
    postgresStore({
      service: 'counters',
      schema,
      partitions,
      pool,
      lockTimeoutMs: 300_000,
      timeoutMs: 600_000
    })
  const looking = server.pool('postgres', 'postgres', { max: 8 })
  const reading = await open(server.pool('postgres', 'postgres', { max: 2 }))
  await options.before?.()
  const stores = await Promise.all(
    Array.from({ length: writers }, () =>
      open(delayedPool(server.pool('postgres', 'postgres', { max: 1 }), options, rolledBack))
    )
  )
  let left = events
  const take = (): number => {
    const count = Math.min(left, 1 + Math.floor(Math.random() * rowsPerCommitMax))
    left -= count
    return count
  }
  const readers = Array.from({ length: partitions }, (_, partition) => new Reader(looking, schema, partition))
  const state = { writing: true }
  const following = readers.map(async (reader) => {
    while (state.writing) await reader.look()
    const readsWhileWriting = reader.reads
    while (await reader.look());
    return readsWhileWriting
  })
  try {
    const idle = holdPartition(options)
    const committed = await Promise.all(stores.map((store, name) => write(store, name, options, take)))
    const idleMs = await idle
    state.writing = false
    const reads = await Promise.all(following)
    const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
    return {
      committed: sum(committed),
      read: sum(readers.map((reader) => reader.read)),
      skipped: sum(readers.map((reader) => reader.skipped)),
      outOfOrder: sum(readers.map((reader) => reader.outOfOrder)),
      rolledBack: rolledBack.count,
      idleMs,
      readsWhileWriting: sum(reads),
      problems: await reading.check()
    }
  } finally {
    state.writing = false
    await Promise.allSettled(following)
    await Promise.all([...stores, reading].map((store) => store.close()))
    await looking.end()
  }
}
