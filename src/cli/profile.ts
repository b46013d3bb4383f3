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

/** Brokers of Kafka, 3.1 or later. Needs `@platformatic/kafka`. */
export interface KafkaPlace {
  readonly kind: 'kafka'
  /** Such as `127.0.0.1:9092`; several of one cluster. */
  readonly brokers: string | readonly string[]
  /** Who signs in, with SASL/PLAIN. */
  readonly user?: string
  readonly password?: string
  /** Whether the connection is encrypted. Default false. */
  readonly tls?: boolean
  /** The first part of every topic. Default `skerry`. */
  readonly prefix?: string
  /** On how many brokers a topic is kept when it is created. Default: what the brokers are set to. */
  readonly replicas?: number
}

/** What brings services the news of each other. */
export type BusPlace = FeedsPlace | NatsPlace | KafkaPlace

/** Services are where `SKERRY_URLS` says that they are. */
export interface AddressesPlace {
  readonly kind: 'addresses'
}

/** A table of instances in a database that every service reaches. Needs the package `pg`. */
export interface PostgresBoardPlace {
  readonly kind: 'postgres'
  /** With a role that may use the table: `postgres://role:secret@host:5432/database`. */
  readonly url: string
  /** The schema of the table. Default `discovery`. */
  readonly schema?: string
}

/** A bucket of instances in NATS. Needs `@nats-io/transport-node` and `@nats-io/kv`. */
export type NatsBoardPlace = Omit<NatsPlace, 'replicas'>

/** Where instances put up that they are there. */
export type BoardPlace = PostgresBoardPlace | NatsBoardPlace

/** How services that run apart find each other. */
export type DiscoveryPlace = AddressesPlace | BoardPlace

/** Where a system runs: where its services keep their data, and how they hear each other. The code is the same. */
export interface Profile {
  /** Where each service keeps its data. Default: in a file, `{ kind: 'sqlite' }`. */
  readonly store?: (service: string) => StorePlace
  /** Default `{ kind: 'feeds' }`. */
  readonly bus?: BusPlace
  /**
   * How services that are started apart find each other, beside what `SKERRY_URLS` says. It is asked for each process,
   * with the first service that runs there. Default `{ kind: 'addresses' }`.
   */
  readonly discovery?: (service: string) => DiscoveryPlace
  /** How many processes of a service a split run has, by its name. Default 1; more need a store that they can share. */
  readonly instances?: Readonly<Record<string, number>>
}

/** The profiles of a config, by their names. */
export type Profiles = Readonly<Record<string, Profile>>

/** A profile that was chosen, whole. */
export interface ChosenProfile {
  /** How it is called; nothing for the one that holds when none is chosen. */
  readonly name: string | undefined
  storeOf(service: string): StorePlace
  instancesOf(service: string): number
  /** How a process that runs this service finds the others. */
  discoveryOf(service: string): DiscoveryPlace
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

/** What stands for other signs with percent signs, in the address of a database. */
function checkEncoding(where: string, value: string | readonly string[]): void {
  const isEncoded = (one: string): boolean => {
    const { username, password, pathname } = new URL(one)
    try {
      for (const part of [username, password, pathname]) decodeURIComponent(part)
      return true
    } catch {
      return false
    }
  }
  if ((typeof value === 'string' ? [value] : value).every(isEncoded)) return
  invalid(
    `${where} has an address with a percent sign that stands for nothing: give role, password and database to encodeURIComponent, which makes %25 of it.`
  )
}

const instancesMost = 64

const natsProtocols = ['nats:', 'tls:']
const natsExample = 'nats://127.0.0.1:4222, several as an array'
const postgresExample = 'postgres://role:secret@host:5432/database'

function checkDatabase(where: string, url: PostgresPlace['url']): void {
  checkAddresses(where, url, ['postgres:', 'postgresql:'], postgresExample)
  checkEncoding(where, url)
}

function checkStore(where: string, place: StorePlace): StorePlace {
  const { kind } = place
  if (kind === 'sqlite') return place
  if (kind !== 'postgres') invalid(`${where} is of the kind '${kind}', but it is one of sqlite, postgres.`)
  checkDatabase(where, place.url)
  return place
}

function checkBrokers(where: string, brokers: unknown): void {
  const all: readonly unknown[] = Array.isArray(brokers) ? brokers : [brokers]
  const isBroker = (one: unknown): boolean =>
    typeof one === 'string' && /^(\[[\da-f:]+\]|[^\s:/@]+):\d{1,5}$/i.test(one)
  if (all.length > 0 && all.every(isBroker)) return
  invalid(
    `${where} has ${brokers === undefined ? 'no broker' : 'what is no broker'}: it looks like 127.0.0.1:9092, several as an array.`
  )
}

function checkBus(where: string, place: BusPlace): BusPlace {
  const { kind } = place
  if (kind === 'feeds') return place
  if (kind === 'nats') checkAddresses(where, place.servers, natsProtocols, natsExample)
  else if (kind === 'kafka') checkBrokers(where, place.brokers)
  else invalid(`${where} is of the kind '${String(kind)}', but it is one of feeds, nats, kafka.`)
  return place
}

function checkDiscovery(where: string, place: DiscoveryPlace): DiscoveryPlace {
  const { kind } = place
  if (kind === 'addresses') return place
  if (kind === 'postgres') checkDatabase(where, place.url)
  else if (kind === 'nats') checkAddresses(where, place.servers, natsProtocols, natsExample)
  else invalid(`${where} is of the kind '${String(kind)}', but it is one of addresses, postgres, nats.`)
  return place
}

/** Asks the profile, whose code may fail. */
function told<Place>(where: string, ask: () => Place): Place {
  try {
    return ask()
  } catch (thrown) {
    return invalid(`${where} cannot be told: ${reasonOf(thrown)}`)
  }
}

function chosen(name: string | undefined, { store, bus, instances, discovery }: Profile): ChosenProfile {
  const of = name === undefined ? '' : ` in the profile '${name}'`
  return {
    name,
    storeOf: (service) => {
      const where = `The store of ${service}${of}`
      return checkStore(
        where,
        told(where, () => store?.(service) ?? { kind: 'sqlite' })
      )
    },
    discoveryOf(service) {
      const where = `The discovery of ${service}${of}`
      return checkDiscovery(
        where,
        told(where, () => discovery?.(service) ?? { kind: 'addresses' })
      )
    },
    instancesOf: (service) => instances?.[service] ?? 1,
    bus: checkBus(`The bus${of}`, bus ?? { kind: 'feeds' })
  }
}

function checkInstances(name: string, service: string, profile: ChosenProfile): void {
  const count = profile.instancesOf(service)
  const { kind } = profile.storeOf(service)
  if (!Number.isInteger(count) || count < 1 || count > instancesMost)
    invalid(`The profile '${name}' has ${count} instances of ${service}, but it takes 1 to ${instancesMost}.`)
  if (count > 1 && kind === 'sqlite')
    invalid(
      `The profile '${name}' has ${count} instances of ${service}, whose data are in a file: one process has it.`
    )
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
  for (const service of Object.keys(profile.instances ?? {}))
    if (!system.services.has(service))
      invalid(`The profile '${name}' has instances of '${service}', which is no service of ${system.name}.`)
  for (const service of system.services.keys()) {
    checkInstances(name, service, found)
    found.discoveryOf(service)
  }
  return found
}
