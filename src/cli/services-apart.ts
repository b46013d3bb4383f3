import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { basename, join } from 'node:path'
import { httpFeedBus } from '../adapters/http-feed/index.ts'
import { localBus } from '../adapters/local/index.ts'
import { systemClock, systemIds } from '../adapters/node/index.ts'
import { isSqliteFileTaken } from '../adapters/sqlite/index.ts'
import type { SystemDefinition } from '../core/index.ts'
import { gateway, remoteSystem } from '../gateway/index.ts'
import { instanceLook, instanceUrls } from '../ports/index.ts'
import type { Call } from './call.ts'
import { lookedAtConfig } from './looked-at-config.ts'
import { postedInstances } from './open-discovery.ts'
import { chosenProfile } from './profile.ts'
import { profileName } from './run-setting.ts'
import { hasAddresses, type ServiceUrls, toldAddresses } from './service-addresses.ts'
import { silentLog } from './silent-log.ts'

/** How services are found that were started one by one. */
export const apartHint =
  'Services that were started one by one are found with --profile where it has a discovery, at the addresses of SKERRY_URLS, or one at a time with --url http://127.0.0.1:4001.'

/** Services that somebody says run in processes of their own. */
export interface ToldApart {
  readonly system: SystemDefinition
  readonly urls: ServiceUrls
}

/**
 * Where services run by what `SKERRY_URLS` says and who is on the board of instances of the profile; `undefined` where
 * there is neither. Fails with `CONFIG_INVALID`, and as the board does when it cannot be read.
 */
export async function toldApart(call: Call): Promise<ToldApart | undefined> {
  const { env } = call
  const name = profileName(call)
  if (name === undefined && !hasAddresses(env)) return undefined
  return lookedAtConfig(call, async ({ system, profiles }) => {
    const urls: Record<string, readonly string[]> = { ...toldAddresses(env, system) }
    const [first = ''] = system.services.keys()
    const place = chosenProfile(profiles, name, system).discoveryOf(first)
    if (place.kind === 'addresses') return hasAddresses(env) ? { system, urls } : undefined
    const posted = (await postedInstances(place)) ?? []
    // Another system may be on the same board.
    for (const [service, found] of instanceUrls(posted))
      if (system.services.has(service)) urls[service] = [...new Set([...(urls[service] ?? []), ...found])]
    return { system, urls }
  })
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { path, maxMs } = instanceLook
    const sent = request(new URL(path, url), { agent: false, timeout: maxMs }, (response) => {
      response.resume()
      resolve(true)
    })
    sent.on('timeout', () => sent.destroy())
    sent.on('error', () => resolve(false))
    // One that is destroyed without an error was not answered either.
    sent.on('close', () => resolve(false))
    sent.end()
  })
}

/** The addresses at which somebody answers now, each once. */
export async function answering(urls: ServiceUrls): Promise<readonly string[]> {
  const all = [...new Set(Object.values(urls).flat())].toSorted()
  const there = await Promise.all(all.map(answers))
  return all.filter((_, index) => there[index])
}

/** A gateway of this command alone, in front of services that run in other processes. */
export interface Front {
  readonly url: string
  close(): Promise<void>
}

/** Names by which a process of this machine may have been told. */
const ownNames: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '0.0.0.0'])

/**
 * Listens on a port of the loopback interface, a free one unless it is given, and asks the services, as the process in
 * front of a split run does. An address that turns out to be its own is left out: it would ask itself.
 */
export async function frontOf({ system: definition, urls }: ToldApart, port = 0): Promise<Front> {
  const [clock, ids, log] = [systemClock(), systemIds(), silentLog]
  let own = `${port}`
  const isOther = (url: string): boolean => {
    const told = new URL(url)
    return told.port !== own || !ownNames.has(told.hostname)
  }
  const addresses = (service: string): readonly string[] => (urls[service] ?? []).filter(isOther)
  // One that nobody named is away, and none of this process.
  const find = (service: string): readonly string[] | undefined =>
    definition.services.has(service) ? addresses(service) : undefined
  const bus = httpFeedBus({ urls: find, clock, ids, log, local: localBus() })
  const system = remoteSystem({ definition, addresses, bus, clock })
  const edge = await gateway({ system, bus, clock, ids, log, port })
  own = new URL(edge.url).port
  return {
    url: edge.url,
    async close() {
      await edge.close()
      await system.stop()
    }
  }
}

/** What cannot be looked at says nothing of the rest; the finding of its own is elsewhere. */
function orElse<Value>(otherwise: Value, look: () => Value): Value {
  try {
    return look()
  } catch {
    return otherwise
  }
}

/** The services whose files in a directory a process has open. */
export function takenServices(directory: string): readonly string[] {
  return orElse<readonly string[]>([], () => readdirSync(directory))
    .filter((name) => name.endsWith('.db') && orElse(false, () => isSqliteFileTaken(join(directory, name))))
    .map((name) => basename(name, '.db'))
    .toSorted()
}
