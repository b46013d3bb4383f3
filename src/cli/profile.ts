import { Failure, type SystemDefinition } from '../core/index.ts'
import { reasonOf } from './load-config.ts'
import { nearestName } from './nearest-name.ts'

/** A database file of the service in the data directory of the run: it belongs to one process. */
export interface SqlitePlace {
  readonly kind: 'sqlite'
}

/** A schema of a PostgreSQL database, which any number of instances share. Needs the package `pg`. */
export interface PostgresPlace {
  readonly kind: 'postgres'
  /**
   * Where it is, with the role of the service: `postgres://role:secret@host:5432/database`. Several are the addresses
   * of one database of which one takes writes, as after a failover.
   */
  readonly url: string | readonly string[]
  /** Default: the name of the service. */
  readonly schema?: string
  /** Connections of one process to it at most. Default 8. */
  readonly connections?: number
}

/** Where a service keeps its data. */
export type StorePlace = SqlitePlace | PostgresPlace

/** Services ask each other for their news, and nothing runs beside them. */
export interface FeedsPlace {
  readonly kind: 'feeds'
}

/** A NATS server, or a cluster, with JetStream. Needs `@nats-io/transport-node` and `@nats-io/jetstream`. */
export interface NatsPlace {
  readonly kind: 'nats'
  /** Such as `nats://127.0.0.1:4222`; several of one cluster. */
  readonly servers: string | readonly string[]
  readonly user?: string
  readonly password?: string
  readonly token?: string
  /** The first part of every subject. Default `skerry`. */
  readonly prefix?: string
  /** On how many servers of a cluster the stream is kept when it is created. Default 1. */
  readonly replicas?: number
}

/** What brings services the news of each other. */
export type BusPlace = FeedsPlace | NatsPlace

/** Where a system runs: where its services keep their data, and how they hear each other. The code is the same. */
export interface Profile {
  /** Where each service keeps its data. Default: in a file, `{ kind: 'sqlite' }`. */
  readonly store?: (service: string) => StorePlace
  /** Default `{ kind: 'feeds' }`. */
  readonly bus?: BusPlace
}

/** The profiles of a config, by their names. */
export type Profiles = Readonly<Record<string, Profile>>

/** A profile that was chosen, whole. */
export interface ChosenProfile {
  /** How it is called; nothing for the one that holds when none is chosen. */
  readonly name: string | undefined
  storeOf(service: string): StorePlace
  readonly bus: BusPlace
}

function invalid(hint: string): never {
  throw new Failure('CONFIG_INVALID', { hint })
}

function isAddress(value: unknown, protocols: readonly string[]): boolean {
  return typeof value === 'string' && URL.canParse(value) && protocols.includes(new URL(value).protocol)
}

/** What is missing in it is named, and an address is not shown: it may hold a secret. */
function checkAddresses(where: string, value: unknown, protocols: readonly string[], example: string): void {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (all.length > 0 && all.every((one) => isAddress(one, protocols))) return
  invalid(
    `${where} ${value === undefined ? 'has no address' : 'has what is no address'}: it looks like ${example}.`
  )
}

const postgresExample = 'postgres://role:secret@host:5432/database'

function checkStore(where: string, place: StorePlace): StorePlace {
  const { kind } = place
  if (kind === 'sqlite') return place
  if (kind !== 'postgres') invalid(`${where} is of the kind '${kind}', but it is one of sqlite, postgres.`)
  checkAddresses(where, place.url, ['postgres:', 'postgresql:'], postgresExample)
  return place
}

function checkBus(where: string, place: BusPlace): BusPlace {
  const { kind } = place
  if (kind === 'feeds') return place
  if (kind !== 'nats') invalid(`${where} is of the kind '${kind}', but it is one of feeds, nats.`)
  checkAddresses(where, place.servers, ['nats:', 'tls:'], 'nats://127.0.0.1:4222')
  return place
}

/** Asks the profile, whose code may fail. */
function toldPlace(where: string, service: string, store: Profile['store']): StorePlace {
  try {
    return store?.(service) ?? { kind: 'sqlite' }
  } catch (thrown) {
    return invalid(`${where} cannot be told: ${reasonOf(thrown)}`)
  }
}

function chosen(name: string | undefined, { store, bus }: Profile): ChosenProfile {
  const of = name === undefined ? '' : ` in the profile '${name}'`
  return {
    name,
    storeOf: (service) => {
      const where = `The store of ${service}${of}`
      return checkStore(where, toldPlace(where, service, store))
    },
    bus: checkBus(`The bus${of}`, bus ?? { kind: 'feeds' })
  }
}

/** What files and feeds are called where a name is wanted, unless the config has a profile of that name. */
export const filesProfile = 'files'

/**
 * The profile of that name, with every place in it looked at; without a name, files and feeds. Fails with
 * `CONFIG_INVALID` for a name that there is not, and for what cannot be meant.
 */
export function chosenProfile(
  profiles: Profiles | undefined,
  name: string | undefined,
  system: SystemDefinition
): ChosenProfile {
  if (name === undefined) return chosen(undefined, {})
  const profile = profiles?.[name] ?? (name === filesProfile ? {} : undefined)
  const names = Object.keys(profiles ?? {})
  if (profile === undefined) {
    if (names.length === 0)
      invalid(`There is no profile '${name}': the config has none. See docs/guide/splitting.md.`)
    const near = nearestName(name, names)
    invalid(
      `There is no profile '${name}': ${near === undefined ? `the config has ${names.join(', ')}` : `did you mean '${near}'?`}`
    )
  }
  const found = chosen(name, profile)
  for (const service of system.services.keys()) found.storeOf(service)
  return found
}
