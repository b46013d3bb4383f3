import type { FastifyRequest } from 'fastify'
import { Failure } from '../core/index.ts'

const loopbackName = /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/
const loopbackAddress = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/
const forwarded = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip'
]
const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Whether an address that a server listens on can be reached from its own machine alone. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || loopbackAddress.test(host)
}

/** The name in a Host header or an origin, without its port. */
function nameOf(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d+$/, '')
}

/** Who may ask for what. Names in `hosts` are as good as the names of the loopback interface. */
export class Trust {
  readonly #localOnly: boolean
  readonly #hosts: ReadonlySet<string>

  constructor(listensOn: string, hosts: readonly string[]) {
    this.#localOnly = isLoopback(listensOn)
    this.#hosts = new Set(hosts.map((host) => host.toLowerCase()))
  }

  #isKnown(name: string): boolean {
    return loopbackName.test(name) || this.#hosts.has(name)
  }

  /**
   * Refuses a foreign Host on a gateway that listens on the loopback interface: a page whose name was bent to
   * 127.0.0.1 (DNS rebinding) would otherwise act as this machine's user. Elsewhere any Host is served.
   */
  checkHost(request: FastifyRequest): void {
    const { host } = request.headers
    if (this.#localOnly && !this.#isKnown(nameOf(host)))
      throw new Failure('HOST_UNKNOWN', {
        hint: `Ask for localhost, or name this host in the gateway's hosts.`
      })
  }

  /** Refuses a change that a page of another site asks a browser for. Programs send neither header and pass. */
  checkOrigin(request: FastifyRequest): void {
    if (reading.has(request.method)) return
    const { origin, host } = request.headers
    const site = request.headers['sec-fetch-site']
    if (site === 'same-origin' || site === 'none') return
    if (site === undefined && (origin === undefined || origin.replace(/^https?:\/\//, '') === host)) return
    throw new Failure('ORIGIN_REFUSED', { hint: 'Only pages that this gateway serves may change something.' })
  }

  /**
   * Refuses the administration to everybody but programs on this machine that ask for it by a name of this machine.
   * A request that was forwarded is not from this machine, whoever brought it last. Proxies that say nothing of
   * themselves unless they are told to are known by HTTP/1.0, which programs of today do not speak; one that speaks
   * HTTP/1.1, says nothing and names this machine cannot be told apart and must not forward `/admin`.
   */
  checkAdmin(request: FastifyRequest): void {
    const { httpVersion, socket } = request.raw
    const { remoteAddress = '' } = socket
    const distant = !loopbackAddress.test(remoteAddress) || !this.#isKnown(nameOf(request.headers.host))
    if (distant || httpVersion === '1.0' || forwarded.some((name) => request.headers[name] !== undefined))
      throw new Failure('ADMIN_REFUSED')
  }
}
