import { answer, childOptions } from '../child.ts'
import { peakRssMb } from '../memory.ts'
import { atRate } from '../pipeline/at-rate.ts'
import { type ServerPids, serverUse, serverUseSince } from '../pipeline/server-use.ts'
import { quantile, rounded } from '../quantile.ts'

/** What a program of this directory is to run, and the servers that it may use. */
export interface PeerOptions {
  readonly postgres: { readonly port: number; readonly database: string }
  readonly redisPort?: number
  readonly restate?: { readonly ingressPort: number; readonly adminPort: number }
  /** The processes of these servers: their processor time counts. */
  readonly servers: ServerPids
  /** An empty directory. */
  readonly directory: string
  /** Who send their next order when the last is accepted. */
  readonly clients: number
  readonly warmUp: number
  readonly orders: number
  /** After so long no further order is placed: who is slow is measured with fewer. */
  readonly placingMaxMs: number
  /** Orders a second at a steady rate, for so long; those of the first quarter do not count. */
  readonly perS: number
  readonly steadyS: number
}

/** A system that takes orders through the pipeline. */
export interface RunningPeer {
  /** Resolves when the order is accepted: what follows happens whatever becomes of this process. */
  place(index: number): Promise<unknown>
  /** What is wrong after `count` orders have been placed and are ready. */
  wrong(count: number): Promise<readonly string[]>
  stop(): Promise<unknown>
}

/** Starts a system that calls `onReady` with an order's index when that its read model says `ready` is durable. */
export type StartPeer = (options: PeerOptions, onReady: (index: number) => void) => Promise<RunningPeer>

/** What came of it. */
export interface PeerResult {
  readonly orders: number
  readonly acceptedPerS: number
  readonly completedPerS: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Processor time of this process in the closed loop. */
  readonly cpuUsPerOrder: number
  /** That of all its servers meanwhile. */
  readonly serversUsPerOrder: number
  readonly rssMb: number
  readonly problems: readonly string[]
}

/** What came of a system that did not get that far. */
export interface PeerFailure {
  readonly failed: string
}

/** How long the last order may be on its way after all are placed, and all of it may take. */
const drainMaxMs = 180_000
const wholeMaxMs = 400_000

class Orders {
  readonly #options: PeerOptions
  readonly #sentMs: number[] = []
  readonly #readyMs: number[] = []
  #ready = 0
  #again = 0
  #tell: (() => void) | undefined

  constructor(options: PeerOptions) {
    this.#options = options
  }

  get placed(): number {
    return this.#sentMs.length
  }

  /** How often one order was said to be ready more than once: a repetition, not yet a second effect. */
  get again(): number {
    return this.#again
  }

  readonly onReady = (index: number): void => {
    if (this.#readyMs[index] !== undefined) {
      this.#again += 1
      return
    }
    this.#readyMs[index] = performance.now()
    this.#ready += 1
    this.#tell?.()
  }

  /** Resolves when everything that was placed is ready; fails when it takes too long. */
  async allReady(): Promise<void> {
    let limit: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      const late = (): void =>
        reject(new Error(`${this.#ready} of ${this.placed} orders were ready ${drainMaxMs / 1_000} s later`))
      limit = setTimeout(late, drainMaxMs)
      this.#tell = () => {
        if (this.#ready === this.placed) resolve()
      }
      this.#tell()
    }).finally(() => clearTimeout(limit))
    this.#tell = undefined
  }

  /** Clients that each place their next order when the last is accepted. */
  async closedLoop({ place }: RunningPeer, count: number): Promise<void> {
    const end = this.placed + count
    const deadline = performance.now() + this.#options.placingMaxMs
    const client = async (): Promise<void> => {
      while (this.placed < end && performance.now() < deadline) {
        const index = this.placed
        this.#sentMs.push(performance.now())
        await place(index)
      }
    }
    await Promise.all(Array.from({ length: this.#options.clients }, client))
  }

  /** Orders come when they are due, whatever becomes of the earlier ones; gives their latencies from that time on. */
  async steady({ place }: RunningPeer): Promise<readonly number[]> {
    const { perS, steadyS } = this.#options
    const first = this.placed
    await atRate(perS, perS * steadyS, (_, dueMs) => {
      const index = this.placed
      this.#sentMs.push(dueMs)
      return place(index)
    })
    await this.allReady()
    const counted = first + Math.floor((perS * steadyS) / 4)
    return this.#readyMs.slice(counted).map((ms, at) => ms - (this.#sentMs[counted + at] as number))
  }
}

async function run(start: StartPeer, options: PeerOptions): Promise<PeerResult> {
  const orders = new Orders(options)
  const peer = await start(options, orders.onReady)
  await orders.closedLoop(peer, options.warmUp)
  await orders.allReady()
  const before = orders.placed
  const useBefore = serverUse(options.servers)
  const cpuBefore = process.cpuUsage()
  const startMs = performance.now()
  await orders.closedLoop(peer, options.orders)
  const acceptedMs = performance.now() - startMs
  await orders.allReady()
  const completedMs = performance.now() - startMs
  const { user, system } = process.cpuUsage(cpuBefore)
  const count = orders.placed - before
  const use = serverUseSince(useBefore, options.servers, count)
  const latencies = await orders.steady(peer)
  const rssMb = peakRssMb()
  const problems = await peer.wrong(orders.placed)
  await peer.stop()
  return {
    orders: count,
    acceptedPerS: rounded((count / acceptedMs) * 1_000),
    completedPerS: rounded((count / completedMs) * 1_000),
    p50Ms: rounded(quantile(latencies, 0.5), 1),
    p99Ms: rounded(quantile(latencies, 0.99), 1),
    cpuUsPerOrder: rounded((user + system) / count),
    serversUsPerOrder: rounded(Object.values(use.cpuUs).reduce((sum, us) => sum + us, 0)),
    rssMb,
    problems
  }
}

/** The whole of a program of this directory: starts its system, measures and checks it, and answers. */
export async function measured(start: StartPeer): Promise<void> {
  // Not every system keeps its process alive by itself, and some wait for ever.
  const late = setTimeout(() => fail(new Error(`It took more than ${wholeMaxMs / 1_000} s.`)), wholeMaxMs)
  const fail = (error: unknown): never => {
    const failure: PeerFailure = { failed: error instanceof Error ? error.message : String(error) }
    console.error(error)
    answer(failure)
    process.exit(0)
  }
  try {
    answer(await run(start, childOptions<PeerOptions>()))
  } catch (error) {
    fail(error)
  }
  clearTimeout(late)
  // What a system leaves open must not hold up the next.
  process.exit(0)
}
