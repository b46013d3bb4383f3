import { natsBoard } from '../adapters/nats/index.ts'
import { dnsDiscovery } from '../adapters/node/index.ts'
import { postgresBoard } from '../adapters/postgres/index.ts'
import { type SystemDefinition, toFailure } from '../core/index.ts'
import type { Gateway } from '../gateway/index.ts'
import {
  boardDiscovery,
  type Clock,
  type Discovery,
  type InstanceBoard,
  type InstanceNotice,
  type Log,
  noticeMs
} from '../ports/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import { driver } from './driver.ts'
import { natsConnection, natsPackages } from './nats-connection.ts'
import type { BoardPlace, ChosenProfile, NatsBoardPlace, PostgresBoardPlace } from './profile.ts'
import { addressesOf, hasAddresses } from './service-addresses.ts'

/** What a process of some services knows that shall find the others. */
export interface DiscoveryParts {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly system: SystemDefinition
  readonly profile: ChosenProfile
  /** The services of this process. */
  readonly here: readonly string[]
  /** Whether others would find this process where it would tell them that it is. */
  readonly isReachable: boolean
  readonly clock: Clock
  readonly log: Log
}

/** How long a database may take to connect and to answer. */
const answerMs = 2_000

async function postgresInstances({ url, schema }: PostgresBoardPlace): Promise<InstanceBoard> {
  const { default: pg } = await driver('PostgreSQL', ['pg'], () => import('pg'))
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    application_name: 'skerry discovery'
  })
  return postgresBoard({ pool, ...(schema === undefined ? {} : { schema }) })
}

/** How the bucket of a place is had: a run makes it, a look does not. */
type BucketUse = 'make' | 'look'

async function natsInstances(place: NatsBoardPlace, use: BucketUse): Promise<InstanceBoard> {
  const { Kvm } = await driver('NATS', natsPackages, () => import('@nats-io/kv'))
  const name = `${(place.prefix ?? 'skerry').replaceAll('.', '-')}-instances`
  // One connection for all attempts, made when the server answers for the first time.
  let connection: ReturnType<typeof natsConnection> | undefined
  const connected = async (): ReturnType<typeof natsConnection> => {
    // One that the server ended for good, as after a wrong password, is of no use any more.
    if ((await connection)?.isClosed()) connection = undefined
    connection ??= natsConnection(place).catch((thrown: unknown) => {
      connection = undefined
      throw thrown
    })
    return connection
  }
  return natsBoard({
    bucket: async () => {
      const buckets = new Kvm(await connected())
      if (use === 'make') return buckets.create(name, { ttl: noticeMs, history: 1 })
      const bucket = await buckets.open(name)
      // Only asking shows whether it is there.
      await bucket.status()
      return bucket
    },
    close: async () => (await connection)?.close()
  })
}

/** Opens the board of a place; nothing is asked of it yet. */
export function openBoard(place: BoardPlace, use: BucketUse = 'make'): Promise<InstanceBoard> {
  return place.kind === 'nats' ? natsInstances(place, use) : postgresInstances(place)
}

/** What NATS answers for a bucket that there is not. */
const bucketNotFound = 10_059

/**
 * Who is on the board of a place now; `undefined` where the first run makes it. Makes nothing. Fails as the board does.
 */
export async function postedInstances(place: BoardPlace): Promise<readonly InstanceNotice[] | undefined> {
  const board = await openBoard(place, 'look')
  try {
    return await board.read()
  } catch (thrown) {
    const { cause } = toFailure(thrown)
    if ((cause as { readonly code?: unknown } | undefined)?.code === bucketNotFound) return undefined
    throw thrown
  } finally {
    await board.close()
  }
}

/** Finds what both find, and tells both. */
function bothOf(one: Discovery, other: Discovery): Discovery {
  return {
    addresses: (service) => [...new Set([...one.addresses(service), ...other.addresses(service)])],
    async register(services, url, isReady) {
      const leaving = [
        await one.register(services, url, isReady),
        await other.register(services, url, isReady)
      ]
      return async () => {
        await Promise.all(leaving.map((leave) => leave()))
      }
    },
    async close() {
      await Promise.all([one.close(), other.close()])
    }
  }
}

/** The board beside addresses that are known: of use to others, and needed by nobody here. */
async function boardBeside(
  place: BoardPlace,
  { clock, log }: DiscoveryParts
): Promise<Discovery | undefined> {
  try {
    return await boardDiscovery({ board: await openBoard(place), clock, log })
  } catch (thrown) {
    log.warn('The board of instances is of no use; only the processes of this run find this one.', {
      failure: toFailure(thrown).message
    })
    return undefined
  }
}

/**
 * Opens what finds the services of other processes: what `SKERRY_URLS` says, what the profile names, or both. Fails with
 * `CONFIG_INVALID` when nobody says where a service is.
 */
export async function openDiscovery(parts: DiscoveryParts): Promise<Discovery> {
  const { env, system, profile, here, isReachable, clock, log } = parts
  const place = profile.discoveryOf(here[0] ?? '')
  if (place.kind !== 'addresses' && !hasAddresses(env))
    return boardDiscovery({ board: await openBoard(place), clock, log })
  const told = await dnsDiscovery({ urls: addressesOf(env, system, here), clock, log })
  const board = place.kind === 'addresses' || !isReachable ? undefined : await boardBeside(place, parts)
  return board ? bothOf(told, board) : told
}

/** A gateway that others are told of, and what is behind it. */
export interface Registering {
  readonly edge: Gateway
  readonly system: RunningSystem
  readonly services: readonly string[]
  readonly url: string
}

/** Tells the others of a gateway that listens, and takes it back before the gateway closes: who asks then asks another. */
export async function registered(
  { edge, system, services, url }: Registering,
  discovery: Discovery
): Promise<Gateway> {
  const isReady = async (service: string): Promise<boolean> =>
    (await system.service(service).state()) === 'running'
  const leave = await discovery.register(services, url, isReady)
  return {
    url: edge.url,
    async close() {
      await leave()
      await edge.close()
      await discovery.close()
    }
  }
}
