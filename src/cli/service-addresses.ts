import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { Failure, type SystemDefinition } from '../core/index.ts'

const variable = 'SKERRY_URLS'

type Env = Readonly<Record<string, string | undefined>>
/** The base addresses of the instances of services. */
export type ServiceUrls = Readonly<Record<string, readonly string[]>>

function invalid(hint: string): never {
  throw new Failure('CONFIG_INVALID', { hint })
}

/** Whether the environment says where services run. */
export function hasAddresses(env: Env): boolean {
  return (env[variable] ?? '').trim() !== ''
}

/**
 * Where services run by what `SKERRY_URLS` says, as `sales=http://127.0.0.1:4001,billing=...`, with a service named once
 * for each of its instances. Fails with `CONFIG_INVALID` for a service that the system does not have, and for what is no
 * address.
 */
export function toldAddresses(env: Env, system: SystemDefinition): ServiceUrls {
  const urls: Record<string, string[]> = {}
  for (const entry of (env[variable] ?? '').split(',').filter((text) => text.trim() !== '')) {
    const [name = '', ...rest] = entry.trim().split('=')
    const text = rest.join('=')
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (!system.services.has(name))
      invalid(`${variable} names '${name}', which is no service of ${system.name}.`)
    if (url?.protocol !== 'http:' || url.pathname !== '/')
      invalid(`${variable} has '${text}' for ${name}, but an address looks like http://127.0.0.1:4001.`)
    urls[name] = [...(urls[name] ?? []), url.origin]
  }
  return urls
}

/** The same for the services that do not run here. Fails with `CONFIG_INVALID` for one that is missing, too. */
export function addressesOf(env: Env, system: SystemDefinition, here: readonly string[]): ServiceUrls {
  const told = toldAddresses(env, system)
  const urls = Object.fromEntries(Object.entries(told).filter(([name]) => !here.includes(name)))
  const missing = [...system.services.keys()].filter(
    (name) => !here.includes(name) && urls[name] === undefined
  )
  if (missing.length === 0) return urls
  return invalid(
    `${missing.join(', ')} ${missing.length === 1 ? 'runs' : 'run'} elsewhere: say where, with ${variable}=${missing[0]}=http://127.0.0.1:4001,... or choose a --profile with a discovery, by which they find each other.`
  )
}

/** The same for a process that is started. */
export function addressesEnv(urls: ServiceUrls): Env {
  const entries = Object.entries(urls).flatMap(([name, all]) => all.map((url) => `${name}=${url}`))
  return { [variable]: entries.join(',') }
}

/** Ports below those that the system gives to connections: a service that comes back finds its own still free. */
const portLeast = 12_000
const portMost = 29_999

/** Listens on a port that nobody has; the server keeps it until it is closed. */
async function heldPort(): Promise<Server> {
  for (;;) {
    const server = createServer().listen(randomInt(portLeast, portMost + 1), '127.0.0.1')
    const problem = await once(server, 'listening').then(
      () => undefined,
      (thrown: NodeJS.ErrnoException) => thrown
    )
    if (problem === undefined) return server
    if (problem.code !== 'EADDRINUSE') throw problem
  }
}

/** So many addresses, on ports of the loopback interface that nobody has now. */
export async function freeAddresses(count: number): Promise<readonly string[]> {
  const servers = await Promise.all(Array.from({ length: count }, heldPort))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports.map((port) => `http://127.0.0.1:${port}`)
}
