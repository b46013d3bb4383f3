import { createHash } from 'node:crypto'
import type { PostgresConnection, PostgresPool } from './connection.ts'
import { inTimeFrom, Wait } from './in-time.ts'
import { quoted } from './statement.ts'

/** A connection that is told what others say on a channel, as the package `pg` has it. */
export interface PostgresListener extends PostgresConnection {
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown
}

/** Whose commits are to be heard of. */
export interface CommitNewsOptions {
  /**
   * The pool of a store of that schema; one of its connections is kept. Let it bound how long one takes to be made
   * (`connectionTimeoutMillis`): until then one of which nothing is heard has its place.
   */
  readonly pool: Pick<PostgresPool, 'on'> & { connect(): Promise<PostgresListener> }
  readonly schema: string
  /** Called when somebody has committed, perhaps long ago, perhaps more than once, and when something may be missed. */
  readonly onNews: () => void
  /** How long to wait before a connection that broke is made anew, in milliseconds. Default 1,000. */
  readonly retryMs?: number
  /**
   * How often the connection is asked whether it still stands, in milliseconds; one that owes an answer by then is made
   * anew. Default 5,000.
   */
  readonly lookMs?: number
}

/** News that are heard until they are closed. */
export interface CommitNews {
  /** Resolves when the first connection listens. */
  readonly listening: Promise<void>
  close(): Promise<void>
}

/** The channel of a schema; a name of at most 63 bytes. */
function channelOf(schema: string): string {
  return `skerry_${createHash('sha256').update(schema).digest('hex').slice(0, 32)}`
}

/**
 * Tells all who listen that something was committed in a schema. It is a transaction of its own, after the commit: in
 * it, notices would make all commits of the server wait for each other. It waits for no disk.
 */
export async function announceCommit(connection: PostgresConnection, schema: string): Promise<void> {
  await connection.query("SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')", [
    channelOf(schema)
  ])
}

class Listening implements CommitNews {
  readonly #options: CommitNewsOptions
  readonly listening: Promise<void>
  #heard: () => void = () => undefined
  #connection: PostgresListener | undefined
  #retry: NodeJS.Timeout | undefined
  #looking: NodeJS.Timeout | undefined
  /** The connection was asked something, and has not answered yet. */
  #owes = false
  #closed = false

  constructor(options: CommitNewsOptions) {
    this.#options = options
    this.listening = new Promise((resolve) => {
      this.#heard = resolve
    })
    // Without listeners the process would end when a connection breaks; see the session of the store.
    options.pool.on('error', () => undefined)
    options.pool.on('connect', (connection) => connection.on('error', () => undefined))
    void this.#connect()
  }

  async #connect(): Promise<void> {
    const { pool, schema, onNews } = this.#options
    let connection: PostgresListener | undefined
    try {
      // It may be silent from the beginning on.
      connection = await inTimeFrom(pool, (connecting) => new Wait(this.#lookMs).of(() => connecting))
      const listener = connection
      const lost = (): void => this.#lose(listener)
      listener.on('error', lost)
      listener.on('end', lost)
      listener.on('notification', () => onNews())
      this.#connection = listener
      if (this.#closed) {
        await this.#release()
        return
      }
      this.#looking = setInterval(() => this.#look(listener), this.#lookMs)
      await this.#ask(listener, `LISTEN ${quoted(channelOf(schema))}`)
      // What was said while nobody listened is not said again.
      onNews()
      this.#heard()
    } catch {
      this.#lose(connection)
    }
  }

  get #lookMs(): number {
    return this.#options.lookMs ?? 5_000
  }

  /** Where packets vanish nobody is told, and one who only listens would never know. */
  #look(connection: PostgresListener): void {
    if (this.#owes) this.#lose(connection)
    else this.#ask(connection, 'SELECT 1').catch(() => this.#lose(connection))
  }

  async #ask(connection: PostgresListener, text: string): Promise<void> {
    this.#owes = true
    await connection.query(text)
    if (this.#connection === connection) this.#owes = false
  }

  /** Makes another in place of a connection, or of one that could not be made. */
  #lose(connection: PostgresListener | undefined): void {
    // What was lost before is heard of again: by its end, its error, and what it was asked.
    if (this.#closed || connection !== this.#connection) return
    clearInterval(this.#looking)
    this.#connection = undefined
    connection?.release(true)
    this.#retry = setTimeout(() => void this.#connect(), this.#options.retryMs ?? 1_000)
  }

  async #release(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    // Closed, not given back: whoever gets it would go on listening.
    connection?.release(true)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    clearInterval(this.#looking)
    await this.#release()
  }
}

/**
 * Hears of commits in a schema by other instances. It is a hint that shortens waiting, and nothing else: notices are
 * lost when connections break, and then `onNews` is called once a connection stands again. Who relies on it looks
 * from time to time anyway.
 */
export function commitNews(options: CommitNewsOptions): CommitNews {
  return new Listening(options)
}
