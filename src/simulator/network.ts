import { Failure } from '../core/index.ts'
import type { Bus, Feed, LogRow } from '../ports/index.ts'
import type { Disk } from './disk.ts'
import type { Host } from './host.ts'
import type { Random } from './random.ts'
import { readLog } from './simulated-store.ts'
import type { World } from './world.ts'

/** How long a message takes on the mean, and one that is held up. */
const hopMs = 1
const delayedMs = 400
/** How long a node waits for an answer that does not come. */
const patienceMs = 2_000
/** How long a node is cut off, on the mean. */
const cutMs = 3_000

interface Listener {
  readonly host: Host
  readonly hear: (rows: readonly LogRow[]) => void
}

/** What a node has on the network while it lives. */
interface Station {
  readonly host: Host
  readonly disks: ReadonlyMap<string, Disk>
}

/**
 * What lies between the nodes: announcements and requests travel on it, are lost, doubled and held up, and cannot pass
 * where nodes are cut off. Within a node nothing of it applies.
 */
export class Network {
  readonly #world: World
  readonly #random: Random
  /** By service, and by the name of the node: several may run one. */
  readonly #stations = new Map<string, Map<string, Station>>()
  readonly #listeners = new Map<string, Set<Listener>>()
  /** Until when nothing gets from one node to another; `from to`, `from *` and `* to`. */
  readonly #cut = new Map<string, number>()
  /** True once nothing is lost any more. */
  lossless = false
  /** Every announcement arrives twice. */
  double = false

  readonly #hopMs: number

  constructor(world: World, random: Random, meanMs: number = hopMs) {
    this.#world = world
    this.#random = random
    this.#hopMs = meanMs
  }

  /** Puts a node on the network. Its services can be reached until its life ends. */
  join(host: Host, disks: ReadonlyMap<string, Disk>): void {
    for (const service of disks.keys()) {
      const known = this.#stations.get(service) ?? new Map<string, Station>()
      this.#stations.set(service, known.set(host.name, { host, disks }))
    }
  }

  /** A node on which a service runs now; one that can be reached, if there is one. */
  #hostOf(from: Host, service: string): Host | undefined {
    const stations = [...(this.#stations.get(service)?.values() ?? [])]
    const alive = stations.map(({ host }) => host).filter(({ life }) => life.alive)
    return alive.find(({ name }) => this.passes(from.name, name)) ?? alive[0]
  }

  /** Lets nothing pass from a node to another for a while; `*` stands for every other node. */
  cut(from: string, to: string, forMs: number = this.#random.around(cutMs)): void {
    this.#cut.set(`${from} ${to}`, this.#world.nowMs + forMs)
  }

  /** Everything passes again. */
  heal(): void {
    this.#cut.clear()
  }

  passes(from: string, to: string): boolean {
    if (from === to || this.#cut.size === 0) return true
    const now = this.#world.nowMs
    const isCut = (name: string): boolean => (this.#cut.get(name) ?? 0) > now
    return !isCut(`${from} ${to}`) && !isCut(`${from} *`) && !isCut(`* ${to}`)
  }

  /** A message to a node and the answer to it. Fails with `FEED_UNAVAILABLE` when either does not arrive. */
  request<Result>(from: Host, service: string, label: string, answer: () => Result): Promise<Result> {
    const random = this.#random
    if (from.faults.fires('crash', label)) return from.crash()
    const lost = (): Promise<never> =>
      this.#world.later(patienceMs, from.life, `${label} is not answered`, () => {
        throw new Failure('FEED_UNAVAILABLE', { hint: `${service} does not answer.`, service })
      })
    return this.#world
      .later(random.around(this.#hopMs), from.life, label, (): Promise<Result> => {
        const to = this.#hostOf(from, service)
        if (!to || !this.passes(from.name, to.name)) return lost()
        const result = answer()
        return this.#world
          .later(random.around(this.#hopMs), from.life, `${label} answered`, () =>
            this.passes(to.name, from.name)
          )
          .then((arrives) => (arrives ? result : lost()))
      })
      .then((result) => result)
  }

  /** Brings rows to every node that listens, each time to all of its listeners. */
  announce(from: Host, service: string, rows: readonly LogRow[]): void {
    const byHost = new Map<Host, Listener[]>()
    for (const listener of this.#listeners.get(service) ?? []) {
      const { host } = listener
      const known = byHost.get(host)
      if (!host.life.alive) this.#listeners.get(service)?.delete(listener)
      else if (known) known.push(listener)
      else byHost.set(host, [listener])
    }
    for (const [host, listeners] of byHost)
      if (host.name === from.name) this.#deliver(host, listeners, service, rows, 0)
      else this.#send(from, host, listeners, service, rows)
  }

  #send(
    from: Host,
    to: Host,
    listeners: readonly Listener[],
    service: string,
    rows: readonly LogRow[]
  ): void {
    const { faults } = from
    const where = `${service} to ${to.name}`
    if (!this.passes(from.name, to.name)) return
    if (!this.lossless && faults.fires('message-lost', where)) return
    const latencyMs = this.#random.around(this.#hopMs)
    if (this.double || faults.fires('message-duplicated', where))
      this.#deliver(to, listeners, service, rows, latencyMs + this.#random.around(this.#hopMs * 10))
    if (!faults.fires('message-delayed', where)) this.#deliver(to, listeners, service, rows, latencyMs)
    else for (const row of rows) this.#deliver(to, listeners, service, [row], this.#random.around(delayedMs))
  }

  #deliver(
    to: Host,
    listeners: readonly Listener[],
    service: string,
    rows: readonly LogRow[],
    latencyMs: number
  ): void {
    this.#world.after(latencyMs, to.life, `${service} heard by ${to.name}`, () => {
      for (const { hear } of listeners) hear(rows)
    })
  }

  /** The bus as one node has it. */
  busOf(host: Host): Bus {
    const { lossless } = this
    const isLossless = (): boolean => this.lossless
    const own = new Map<string, Feed>()
    return {
      guarantees: {
        name: 'simulated',
        ordered: lossless,
        get lossless() {
          return isLossless()
        }
      },
      offer: (feed) => {
        own.set(feed.service, feed)
      },
      feed: (service) => own.get(service) ?? this.#remoteFeed(host, service),
      announce: (service, rows) => this.announce(host, service, rows),
      listen: (service, hear) => {
        const listener = { host, hear }
        const known = this.#listeners.get(service) ?? new Set()
        this.#listeners.set(service, known.add(listener))
        return () => known.delete(listener)
      },
      close: () => Promise.resolve()
    }
  }

  #remoteFeed(host: Host, service: string): Feed {
    const disk = (): Disk => {
      const [station] = this.#stations.get(service)?.values() ?? []
      return station?.disks.get(service) as Disk
    }
    return {
      service,
      read: (partition, after, limit) =>
        this.request(host, service, `${host.name} reads ${service}`, () =>
          readLog(disk(), partition, after, limit)
        ),
      heads: () =>
        this.request(host, service, `${host.name} asks heads of ${service}`, () => [...disk().heads()])
    }
  }
}
