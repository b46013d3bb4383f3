import { createHash } from 'node:crypto'
import type { PostgresConnection, PostgresResult } from './connection.ts'

/** So many texts get a name, each of which the server keeps for every connection. */
const namesMax = 200
/** A text gets its name when it comes for this time: what comes once is not worth it. */
const namedAt = 3
/** So many texts without a name are counted. */
const countedMax = 1_000

/** Something between here and the server has changed the server's side of a connection, as poolers do. */
const unknownStatement: ReadonlySet<unknown> = new Set(['26000', '42P05'])

/**
 * Runs statements whose texts come again and again: a connection keeps what it made of them under a name. Where names do
 * not last as long as connections, it does without from the first time on that one is not known.
 */
export class PreparedStatements {
  readonly #names = new Map<string, string>()
  readonly #uses = new Map<string, number>()
  #unnamed = false

  /** Runs a statement; nothing of it has happened when its name was not known, and it is run without. */
  async query(connection: PostgresConnection, text: string, values: unknown[]): Promise<PostgresResult> {
    const name = this.#nameOf(text)
    if (name === undefined) return connection.query(text, values)
    try {
      return await connection.query({ name, text, values })
    } catch (thrown) {
      if (!unknownStatement.has((thrown as { readonly code?: unknown }).code)) throw thrown
      this.#unnamed = true
      return connection.query(text, values)
    }
  }

  #nameOf(text: string): string | undefined {
    if (this.#unnamed) return undefined
    const known = this.#names.get(text)
    if (known !== undefined || this.#names.size >= namesMax || !this.#comesAgain(text)) return known
    const name = `skerry_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
    this.#names.set(text, name)
    return name
  }

  #comesAgain(text: string): boolean {
    const uses = (this.#uses.get(text) ?? 0) + 1
    if (this.#uses.size >= countedMax) this.#uses.clear()
    this.#uses.set(text, uses)
    return uses >= namedAt
  }

  /** Gives names anew: some of the texts will not come any more. */
  forget(): void {
    this.#names.clear()
    this.#uses.clear()
  }
}
