import { lookup as lookupName } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Cancel, Clock, Discovery, Log } from '../../ports/index.ts'

/** How often names are looked up. */
const lookMs = 5_000

/** Where services are said to be. */
export interface DnsDiscoveryOptions {
  /**
   * The base addresses of each service, as somebody has written them down. A host that is a name stands for all
   * addresses that the name has: that of a service with many instances changes by itself.
   */
  readonly urls: Readonly<Record<string, readonly string[]>>
  readonly clock: Clock
  readonly log?: Log
  /** The addresses of a name; default those that the system gives. */
  readonly lookup?: (host: string) => Promise<readonly string[]>
}

async function systemLookup(host: string): Promise<readonly string[]> {
  const found = await lookupName(host, { all: true })
  return found.map(({ address }) => address)
}

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1')

function withHost(url: string, address: string): string {
  const changed = new URL(url)
  changed.hostname = isIP(address) === 6 ? `[${address}]` : address
  return changed.origin
}

class DnsDiscovery implements Discovery {
  readonly #options: DnsDiscoveryOptions
  readonly #found = new Map<string, readonly string[]>()
  #alarm: Cancel | undefined
  #closed = false

  constructor(options: DnsDiscoveryOptions) {
    this.#options = options
  }

  addresses(service: string): readonly string[] {
    const urls = Object.hasOwn(this.#options.urls, service) ? (this.#options.urls[service] ?? []) : []
    return [...new Set(urls.flatMap((url) => this.#found.get(url) ?? [url]))]
  }

  register(): Promise<() => Promise<void>> {
    // Who keeps the names does that.
    return Promise.resolve(() => Promise.resolve())
  }

  close(): Promise<void> {
    this.#closed = true
    this.#alarm?.()
    return Promise.resolve()
  }

  /** Looks every name up once, and again after a while as long as there is one. */
  async look(): Promise<void> {
    const { urls, clock } = this.#options
    const named = [...new Set(Object.values(urls).flat())].filter((url) => this.#isNamed(url))
    await Promise.all(named.map((url) => this.#lookUp(url)))
    if (this.#closed || named.length === 0) return
    this.#alarm = clock.schedule(lookMs, () => void this.look())
  }

  #isNamed(url: string): boolean {
    const host = bare(new URL(url).hostname)
    return isIP(host) === 0 && host !== 'localhost'
  }

  async #lookUp(url: string): Promise<void> {
    const { lookup = systemLookup, log } = this.#options
    const host = new URL(url).hostname
    try {
      const addresses = await lookup(host)
      this.#found.set(
        url,
        addresses.toSorted().map((address) => withHost(url, address))
      )
    } catch (error) {
      // What it had is better than nothing: names that cannot be looked up do not stop services.
      log?.warn('The addresses of a name cannot be looked up; those known last are used.', { host, error })
    }
  }
}

/**
 * Finds services by addresses that are written down, and by the names in them, which are looked up at the start and
 * every five seconds: a name with many addresses is a service with many instances. Registering does nothing: whoever
 * keeps the names knows who is there.
 */
export async function dnsDiscovery(options: DnsDiscoveryOptions): Promise<Discovery> {
  const discovery = new DnsDiscovery(options)
  await discovery.look()
  return discovery
}
