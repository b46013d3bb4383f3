import { setImmediate as nextTurn } from 'node:timers/promises'
import { Failure } from '../../core/index.ts'
import type { PostgresConnection, PostgresPool } from './connection.ts'
import { GivenBack } from './given-back.ts'
import { HeardLines } from './heard-lines.ts'
import { inTimeFrom, Overdue, Wait } from './in-time.ts'
import { type Migration, migrate, type SchemaFacts, type SchemaNeeds, schemaFacts } from './migrate.ts'
import { isConnectionLost, isCrowded, isReadOnly, isTransient, storeFailure } from './postgres-failure.ts'
import { checkServer } from './server-check.ts'
import { quoted } from './statement.ts'

/** What a session is opened for. */
export interface SessionNeeds extends SchemaNeeds {
  /** One for each address at which the database may be. */
  readonly pools: readonly PostgresPool[]
  readonly timeoutMs: number
  /** How long a statement waits for the tables that it names, in milliseconds; without an end when undefined. */
  readonly lockMs?: number
  readonly migrations?: readonly Migration[]
}

/**
 * How a task may be repeated: a read whenever its connection broke, a commit only when nothing of it happened. One that
 * looks at everything is a read that may take as long as it takes, a change is a commit that may.
 */
export type TaskKind = 'read' | 'commit' | 'everything' | 'change'

const isRead: ReadonlySet<TaskKind> = new Set(['read', 'everything'])
const isBounded: ReadonlySet<TaskKind> = new Set(['read', 'commit'])

/** So often a task is repeated, before its failure is the caller's. */
const repeatsMax = 5

function ignore(): void {}

/** Where the server has no connection left, it is asked so often for one: others may have closed some. */
const crowdedMs = 500

/**
 * So long an answer is waited for on a connection that may have gone silent with another, in milliseconds: longer than
 * anything trivial takes on a server that works, and a connection that is given up in error is only made anew.
 */
const answerMaxMs = 2_000

/** A connection that broke before it was used: nothing happened. */
class BrokenWhenNew extends Error {}

function mayRepeat(kind: TaskKind, thrown: unknown): boolean {
  if (thrown instanceof BrokenWhenNew || isTransient(thrown) || isReadOnly(thrown)) return true
  return isRead.has(kind) && isConnectionLost(thrown) && !(thrown instanceof Overdue)
}

/** The connections of one store: checked when they are new, and given up when they broke. */
export class StoreSession {
  readonly #needs: SessionNeeds
  readonly #place: string
  readonly #lines: HeardLines = new HeardLines()
  readonly #back: GivenBack = new GivenBack()
  readonly #underWay: Set<Promise<unknown>> = new Set()
  #facts: SchemaFacts | undefined
  /** The pool that is asked first: the one that worked last. */
  #current = 0
  /** The highest positions that this session saw committed. */
  readonly #heads: number[] = []
  /** Why nothing is served any more. */
  #end: Failure | undefined

  constructor(needs: SessionNeeds) {
    this.#needs = needs
    this.#place = `PostgreSQL, schema ${needs.schema}`
    // What breaks is seen by the query that needs it. Without listeners the process would end, and who only listens
    // once it is given a connection may come too late.
    for (const pool of needs.pools) {
      pool.on('error', ignore)
      pool.on('connect', (connection) => connection.on('error', ignore))
    }
  }

  /** Creates or migrates the schema, and gives what it says of itself. */
  async open(): Promise<SchemaFacts> {
    const facts = await this.run('everything', (connection) =>
      migrate(connection, this.#needs, this.#needs.migrations)
    )
    this.#facts = facts
    return facts
  }

  /** Runs a task on a connection. What it throws is a failure of the one table. */
  run<Result>(kind: TaskKind, task: (connection: PostgresConnection) => Promise<Result>): Promise<Result> {
    if (this.#end) return Promise.reject(this.#end)
    const running = this.#repeat(kind, task)
    this.#underWay.add(running)
    const ended = (): void => {
      this.#underWay.delete(running)
    }
    running.then(ended, ended)
    return running
  }

  /** Fails when nothing is served any more. */
  check(): void {
    if (this.#end) throw this.#end
  }

  /** Remembers what is committed: a server that has less has lost it. */
  saw(partition: number, position: number): void {
    this.#heads[partition] = Math.max(position, this.#heads[partition] ?? 0)
  }

  async #repeat<Result>(
    kind: TaskKind,
    task: (connection: PostgresConnection) => Promise<Result>
  ): Promise<Result> {
    for (let repeats = 0; ; repeats++) {
      try {
        return await this.#once(kind, task)
      } catch (thrown) {
        if (repeats < repeatsMax && mayRepeat(kind, thrown)) {
          await nextTurn()
          continue
        }
        const failure = storeFailure(thrown, this.#place)
        if (failure.code === 'STORE_CORRUPT') this.#end = failure
        throw failure
      }
    }
  }

  async #once<Result>(
    kind: TaskKind,
    task: (connection: PostgresConnection) => Promise<Result>
  ): Promise<Result> {
    const { connection, pool } = await this.#take()
    let broken = true
    try {
      const result = await (isBounded.has(kind)
        ? this.#inTime(() => task(connection), { connection, hurryMs: this.#hurryMs(kind) })
        : task(connection))
      broken = false
      return result
    } catch (thrown) {
      broken = thrown instanceof Overdue || isConnectionLost(thrown) || isReadOnly(thrown)
      if (isReadOnly(thrown)) this.#current = (pool + 1) % this.#needs.pools.length
      throw thrown
    } finally {
      if (!broken) this.#lines.heard(connection)
      this.#release(connection, broken)
    }
  }

  /**
   * How long a call still waits on a line that seems to be dead. A commit waits as long as for a lock beside: what is
   * given up should be over, and not be written when everything has been read anew.
   */
  #hurryMs(kind: TaskKind): number {
    return kind === 'commit' ? this.#answerMs + (this.#needs.lockMs ?? 0) : this.#answerMs
  }

  /** Gives up what takes too long; on a connection, also what waits on a line that seems to be dead. */
  async #inTime<Result>(
    task: () => Promise<Result>,
    on?: { readonly connection: PostgresConnection; readonly hurryMs: number }
  ): Promise<Result> {
    const began = this.#lines.begin()
    const wait = new Wait(this.#needs.timeoutMs)
    const hurry = (): void =>
      wait.hurry(
        on?.hurryMs ?? 0,
        () => new Error('no answer, while the server answers on another connection')
      )
    const ended = on && this.#lines.waits({ connection: on.connection, hurry })
    try {
      return await wait.of(task)
    } catch (thrown) {
      if (thrown instanceof Overdue) this.#lines.overdue(began)
      throw thrown
    } finally {
      ended?.()
    }
  }

  get #answerMs(): number {
    return Math.min(answerMaxMs, this.#needs.timeoutMs)
  }

  /** A connection to the server that takes writes, whichever address it has now. */
  async #take(): Promise<{ readonly connection: PostgresConnection; readonly pool: number }> {
    const { pools } = this.#needs
    let why: unknown
    for (let tried = 0; tried < pools.length; tried++) {
      const pool = (this.#current + tried) % pools.length
      try {
        const connection = await this.#connect(pools[pool] as PostgresPool)
        this.#current = pool
        return { connection, pool }
      } catch (thrown) {
        why ??= thrown
        const code = thrown instanceof Failure ? thrown.code : 'STORE_UNAVAILABLE'
        if (code !== 'STORE_UNAVAILABLE') throw thrown
      }
    }
    throw why instanceof BrokenWhenNew ? why : storeFailure(why, this.#place)
  }

  async #connect(pool: PostgresPool): Promise<PostgresConnection> {
    // Ends: what does not answer is closed, and its pool makes a new one in the end.
    for (;;) {
      const connection = await this.#from(pool)
      const standing = this.#lines.standingOf(connection)
      if (standing === 'heard') return connection
      if (standing === 'new') return this.#checked(connection)
      if (await this.#answers(connection, standing === 'silent')) return connection
    }
  }

  /**
   * A connection of a pool. A pool that may grow asks the server for one more; where it has none left, one that this
   * session has taken will do as well.
   */
  async #from(pool: PostgresPool): Promise<PostgresConnection> {
    const deadline = performance.now() + this.#needs.timeoutMs
    for (;;) {
      const { count } = this.#back
      try {
        const connection = await inTimeFrom(pool, (connecting) => this.#inTime(() => connecting))
        this.#back.take()
        return connection
      } catch (thrown) {
        const restMs = deadline - performance.now()
        if (!isCrowded(thrown) || restMs <= 0) throw thrown
        if (this.#back.count > count) continue
        if (!this.#back.isDue) throw thrown
        await this.#cameBack(Math.min(restMs, crowdedMs))
      }
    }
  }

  #release(connection: PostgresConnection, destroy: boolean): void {
    connection.release(destroy)
    this.#back.give()
  }

  /** Resolves when a connection comes back, and after that time in any case. */
  #cameBack(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        giveUp()
        resolve()
      }, withinMs)
      const giveUp = this.#back.wait(() => {
        clearTimeout(late)
        resolve()
      })
    })
  }

  async #checked(connection: PostgresConnection): Promise<PostgresConnection> {
    try {
      await this.#inTime(() => this.#check(connection))
      this.#lines.heard(connection)
      return connection
    } catch (thrown) {
      this.#release(connection, true)
      if (!isConnectionLost(thrown) || thrown instanceof Overdue) throw thrown
      throw new BrokenWhenNew(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown })
    }
  }

  /** Whether a connection that was good once answers now; else it is closed. */
  async #answers(connection: PostgresConnection, isSilent: boolean): Promise<boolean> {
    const { doubt } = this.#lines
    try {
      // Asked even when nobody waits for it: a connection that is closed while it owes an answer is gone at once, another
      // waits for the goodbye of the server.
      await new Wait(isSilent ? 0 : this.#answerMs).of(() => connection.query('SELECT 1'))
      this.#lines.heard(connection)
      return true
    } catch (thrown) {
      if (thrown instanceof Overdue && !isSilent) this.#lines.unanswered(doubt)
      this.#release(connection, true)
      return false
    }
  }

  async #check(connection: PostgresConnection): Promise<void> {
    await checkServer(connection, this.#place)
    const { schema, lockMs } = this.#needs
    // The server takes tables before anything in a statement can bound that: given up, it would be written later.
    if (lockMs !== undefined)
      await connection.query("SELECT set_config('lock_timeout', $1, false)", [String(lockMs)])
    if (!this.#facts) return
    const { id } = await schemaFacts(connection, schema)
    if (id !== this.#facts.id) {
      const hint = `${this.#place}: the server has another database of that name than the one that was opened.`
      throw new Failure('STORE_UNAVAILABLE', { hint, schema })
    }
    // As it was before the question: while it is answered, others commit.
    const acknowledged = [...this.#heads]
    const { rows } = await connection.query(`SELECT number, head FROM ${quoted(schema)}.partition`)
    for (const row of rows) {
      const [partition, head] = [Number(row['number']), Number(row['head'])]
      const seen = acknowledged[partition] ?? 0
      if (head >= seen) continue
      const hint = `${this.#place}: partition ${partition} ends at ${head}, but ${seen} was acknowledged: the server was replaced by one that lags. Stop, and bring back the one that has it.`
      throw new Failure('STORE_CORRUPT', { hint, partition, head, seen })
    }
  }

  /** Waits for what is under way, and closes the pools. Later calls fail with `STOPPING`. */
  async close(): Promise<void> {
    if (this.#end?.code === 'STOPPING') return
    this.#end = new Failure('STOPPING', { hint: `The store of ${this.#needs.service} is closed.` })
    await Promise.allSettled(this.#underWay)
    // A pool that is still connecting to a server which does not answer would end late.
    await Promise.allSettled(this.#needs.pools.map((pool) => this.#inTime(() => pool.end())))
  }
}
