import {
  type Beat,
  type BeatRequest,
  type Instance,
  type LeaseMember,
  type Leases,
  leaseShare
} from '../../ports/index.ts'
import { migrations } from './migrate.ts'
import { arrayLiteral, quoted } from './statement.ts'
import type { StoreSession } from './store-session.ts'
import { plainText, storedText } from './stored-text.ts'

interface StoredLease {
  readonly name: string
  readonly epoch: number
  readonly holder: string | undefined
  readonly changes: number
}

interface Member extends LeaseMember {
  readonly url: string | undefined
}

/** Who is alive and holds what, as it was read in one statement. */
interface Living {
  readonly members: readonly Member[]
  readonly leases: readonly StoredLease[]
  /** Who holds each lease that somebody living holds. */
  readonly holders: ReadonlyMap<string, string>
}

const optionalText = (value: unknown): string | undefined =>
  typeof value === 'string' ? plainText(value) : undefined

function livingOf(text: unknown): Living {
  const { instances, leases } = JSON.parse(String(text)) as Record<string, Record<string, unknown>[]>
  const members = (instances ?? []).map(({ id, url, names }) => ({
    id: plainText(id),
    url: optionalText(url),
    names: JSON.parse(plainText(names)) as string[]
  }))
  const stored = (leases ?? []).map(({ name, epoch, holder, changes }) => ({
    name: plainText(name),
    epoch: Number(epoch),
    holder: optionalText(holder),
    changes: Number(changes)
  }))
  const alive = new Set(members.map(({ id }) => id))
  const holders = new Map<string, string>()
  for (const { name, holder } of stored)
    if (holder !== undefined && alive.has(holder)) holders.set(name, holder)
  return { members, leases: stored, holders }
}

function instancesOf({ members, holders }: Living): readonly Instance[] {
  return members.map(({ id, url }) => ({
    id,
    ...(url === undefined ? {} : { url }),
    leases: [...holders].filter(([, holder]) => holder === id).map(([name]) => name)
  }))
}

/** Leases in the schema of a service. */
export class PostgresLeases implements Leases {
  readonly #session: StoreSession
  readonly #schema: string

  constructor(session: StoreSession, schema: string) {
    this.#session = session
    this.#schema = quoted(schema)
  }

  async #living(call: string, values: unknown[]): Promise<Living> {
    // A beat twice is a beat, and what was taken by a call whose connection broke is shown by the next.
    const { rows } = await this.#session.run('read', (connection) =>
      connection.query(`SELECT ${this.#schema}.${call} AS living`, values)
    )
    return livingOf(rows[0]?.['living'])
  }

  async beat({ instance, url, ttlMs, names, released }: BeatRequest): Promise<Beat> {
    const id = storedText(instance)
    let living = await this.#living('beat($1, $2, $3, $4, $5, $6::text[])', [
      migrations.length,
      id,
      url === undefined ? null : storedText(url),
      storedText(JSON.stringify(names)),
      ttlMs,
      arrayLiteral(released.map(storedText))
    ])
    const { take } = leaseShare(instance, living.members, living.holders)
    if (take.length > 0) {
      const epochOf = new Map(living.leases.map(({ name, epoch }) => [name, epoch]))
      living = await this.#living('take_leases($1, $2::text[], $3::bigint[])', [
        id,
        arrayLiteral(take.map(storedText)),
        arrayLiteral(take.map((name) => epochOf.get(name) ?? 0))
      ])
    }
    const held = living.leases.filter(({ name }) => living.holders.get(name) === instance)
    return {
      held: held.map(({ name, epoch, changes }) => ({ name, epoch, changes })),
      surplus: leaseShare(instance, living.members, living.holders).surplus,
      instances: instancesOf(living)
    }
  }

  async leave(instance: string): Promise<void> {
    await this.#session.run('read', (connection) =>
      connection.query(`SELECT ${this.#schema}.leave($1)`, [storedText(instance)])
    )
  }

  async instances(): Promise<readonly Instance[]> {
    return instancesOf(await this.#living('living()', []))
  }
}
