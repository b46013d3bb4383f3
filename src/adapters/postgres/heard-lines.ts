import type { PostgresConnection } from './connection.ts'

/**
 * What is known of a connection: nothing; that it answered; that another gave no answer since it did; or that one of
 * that kind was asked, and gave none.
 */
export type Standing = 'new' | 'heard' | 'doubtful' | 'silent'

/** A call that waits for an answer on a connection. */
export interface Waiting {
  readonly connection: PostgresConnection
  /** Told that the server answers others. */
  hurry(): void
}

/**
 * What a session heard on each of its lines. Where packets vanish nobody is told: connections stand, and carry nothing
 * any more. All that were open at that time may be so, and each would cost the time of another call.
 */
export class HeardLines {
  /** Counts what happens: what comes later has more. */
  #moment = 0
  /** When each connection has answered last. */
  readonly #heard: WeakMap<PostgresConnection, number> = new WeakMap()
  readonly #waiting: Set<Waiting> = new Set()
  #doubtfulBefore = 0
  #silentBefore = 0
  /** When the last call began that got no answer; undefined once there was an answer on another connection. */
  #silence: number | undefined

  /** The moment at which a call begins. */
  begin(): number {
    return ++this.#moment
  }

  standingOf(connection: PostgresConnection): Standing {
    const heard = this.#heard.get(connection)
    if (heard === undefined) return 'new'
    if (heard < this.#silentBefore) return 'silent'
    return heard < this.#doubtfulBefore ? 'doubtful' : 'heard'
  }

  /** A call waits on a connection until the function that is given back is called. */
  waits(waiting: Waiting): () => void {
    this.#waiting.add(waiting)
    return () => this.#waiting.delete(waiting)
  }

  /** A connection has answered. */
  heard(connection: PostgresConnection): void {
    this.#heard.set(connection, ++this.#moment)
    const silence = this.#silence
    if (silence === undefined) return
    this.#silence = undefined
    // The server is there. Who waits where nothing was heard since before the silence waits in vain, most likely.
    for (const waiting of this.#waiting)
      if ((this.#heard.get(waiting.connection) ?? 0) < silence) waiting.hurry()
  }

  /** A call that began at that moment got no answer in its time. */
  overdue(began: number): void {
    this.#doubtfulBefore = ++this.#moment
    this.#silence = began
  }

  /** Who was not heard since this moment is doubtful now. */
  get doubt(): number {
    return this.#doubtfulBefore
  }

  /** A doubtful connection was asked, and gave no answer; `doubt` is that of when it was asked. */
  unanswered(doubt: number): void {
    this.#silentBefore = Math.max(doubt, this.#silentBefore)
  }
}
