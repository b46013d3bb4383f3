import { Failure } from '../../core/index.ts'
import type { Subscriber } from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import { arrayLiteral } from './statement.ts'
import { keyText, plainText, storedText } from './stored-text.ts'

const nameLengthMax = 200

function lagOf(positions: Subscriber['positions'], heads: readonly number[]): number {
  return positions.reduce(
    (sum: number, at, partition) => sum + (at === undefined ? 0 : (heads[partition] ?? 0) - at),
    0
  )
}

/** Who reads the log: other services by what they say, the subscriptions of this one by their checkpoints. */
export class SubscriberTable {
  readonly #schema: string
  readonly #service: string

  constructor(schema: string, service: string) {
    this.#schema = schema
    this.#service = service
  }

  /** Remembers how far a subscriber is. */
  async acknowledge(
    connection: PostgresConnection,
    name: string,
    positions: readonly number[],
    nowMs: number
  ): Promise<void> {
    if (name.length === 0 || name.length > nameLengthMax || /[/\p{Cc}]/u.test(name))
      throw new Failure('KEY_INVALID', {
        hint: `A subscriber is named with 1 to ${nameLengthMax} characters, none of them a '/' or a control character, not ${JSON.stringify(name)}.`
      })
    const wrong = positions.find((position) => !Number.isSafeInteger(position))
    if (wrong !== undefined)
      throw new Failure('POSITION_INVALID', { hint: `${wrong} is not a whole number from 0.` })
    // Whoever archives lets it wait for a moment; it has a connection that commits need, and is said again soon.
    await connection.query(
      `SELECT set_config('lock_timeout', '1000', true), ${this.#schema}.acknowledge($1, $2::bigint[], $3)`,
      [keyText(name), arrayLiteral(positions), nowMs]
    )
  }

  /** Everybody, in the order of their names. */
  async list(connection: PostgresConnection, heads: readonly number[]): Promise<readonly Subscriber[]> {
    const { rows } = await connection.query(
      `SELECT name, positions, time FROM ${this.#schema}.subscriber
       UNION ALL
       SELECT $1 || '/' || c.subscription, array_agg(o.position ORDER BY p.number), NULL
       FROM (SELECT DISTINCT subscription FROM ${this.#schema}.checkpoint WHERE source = $1) AS c
       CROSS JOIN ${this.#schema}.partition AS p
       LEFT JOIN ${this.#schema}.checkpoint AS o
         ON o.subscription = c.subscription AND o.source = $1 AND o.partition = p.number
       GROUP BY c.subscription ORDER BY name`,
      [storedText(this.#service)]
    )
    return rows.map((row) => {
      const positions = (row['positions'] as readonly unknown[]).map((at) =>
        at === null ? undefined : Number(at)
      )
      const reportedMs = row['time'] === null ? undefined : Number(row['time'])
      return { name: plainText(row['name']), positions, lag: lagOf(positions, heads), reportedMs }
    })
  }

  /** Removes one by name; of a subscription of the service its checkpoints. Fails with `SUBSCRIBER_UNKNOWN`. */
  async remove(connection: PostgresConnection, name: string): Promise<void> {
    const own = `${this.#service}/`
    const { rows } = name.startsWith(own)
      ? await connection.query(
          `DELETE FROM ${this.#schema}.checkpoint WHERE subscription = $1 AND subscription IN (
             SELECT subscription FROM ${this.#schema}.checkpoint WHERE source = $2) RETURNING 1`,
          [storedText(name.slice(own.length)), storedText(this.#service)]
        )
      : await connection.query(`DELETE FROM ${this.#schema}.subscriber WHERE name = $1 RETURNING 1`, [
          storedText(name)
        ])
    if (rows.length > 0) return
    const hint = `Nobody of the name '${name}' is known to ${this.#service}.`
    throw new Failure('SUBSCRIBER_UNKNOWN', { hint, name })
  }

  /** Lets nobody say anything until the transaction ends, and waits for those who are saying it. */
  async lock(connection: PostgresConnection): Promise<void> {
    await connection.query(`LOCK TABLE ${this.#schema}.subscriber IN SHARE ROW EXCLUSIVE MODE`)
  }
}
