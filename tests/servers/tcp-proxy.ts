import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { freePort } from '../system/child.ts'

/** From who connects to the server, or back. */
export type Direction = 'there' | 'back'

/** What has come of the faults of a line since it was made. */
export interface LineCounts {
  /** Connections that were ended, or let in and ended at once. */
  readonly cut: number
  readonly vanishedBytes: number
  readonly delayed: number
  readonly slices: number
  readonly resets: number
}

/** Stands between a client and a server, and does to the line what networks do. */
export interface TcpProxy {
  readonly port: number
  readonly counts: LineCounts
  /** Ends all connections, and lets nobody through until it is healed. */
  cut(): void
  /** What the server says does not come through any more, though the connections stand; it comes when it is healed. */
  stall(): void
  /**
   * What goes in these directions vanishes, also what new connections say, and so does the end of a connection. When
   * it is healed, connections that lost something are reset: a stream with a hole in it is nothing that TCP gives.
   */
  partition(directions: readonly Direction[]): void
  /** Connections that stand now carry nothing any more, for good and unheard of; new ones do. */
  silence(): void
  /** Everything is late by so much. */
  slow(ms: number): void
  /** Everything comes in segments of so many bytes. */
  slice(bytes: number): void
  /** Each connection is reset when it has carried so many bytes more in one direction, in the middle of what it carries. */
  reset(afterBytes: number): void
  heal(): void
  close(): Promise<void>
}

/** What the weather is: each kind holds until all is healed. */
interface Weather {
  cut: boolean
  vanishes: readonly Direction[]
  delayMs: number
  sliceBytes: number
  resetAfterBytes: number
}

const calm = (): Weather => ({
  cut: false,
  vanishes: [],
  delayMs: 0,
  sliceBytes: Number.POSITIVE_INFINITY,
  resetAfterBytes: Number.POSITIVE_INFINITY
})

type Counts = { -readonly [Name in keyof LineCounts]: LineCounts[Name] }

/** One connection, with both of its ends. */
class Pair {
  readonly #ends: Readonly<Record<Direction, readonly [from: Socket, to: Socket]>>
  readonly #weather: Weather
  readonly #counts: Counts
  readonly #carried = { there: 0, back: 0 }
  #held: Promise<void> | undefined
  #release: () => void = () => undefined
  /** Something that it should have carried has vanished. */
  torn = false
  /** It carries nothing any more. */
  silent = false

  constructor(near: Socket, far: Socket, { weather, counts }: { weather: Weather; counts: Counts }) {
    this.#ends = { there: [near, far], back: [far, near] }
    this.#weather = weather
    this.#counts = counts
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', () => undefined)
    for (const direction of ['there', 'back'] as const) {
      const [from] = this.#ends[direction]
      void this.#carry(direction)
      from.once('close', () => this.#ended(direction))
    }
  }

  get closed(): boolean {
    return this.#ends.there.every(({ closed }) => closed)
  }

  hold(): void {
    this.#held ??= new Promise((resolve) => {
      this.#release = resolve
    })
  }

  release(): void {
    this.#release()
    this.#held = undefined
    this.#carried.there = 0
    this.#carried.back = 0
  }

  end(): void {
    for (const socket of this.#ends.there) socket.destroy()
  }

  reset(): void {
    for (const socket of this.#ends.there) socket.resetAndDestroy()
  }

  #vanishes(direction: Direction): boolean {
    return this.silent || this.#weather.vanishes.includes(direction)
  }

  #ended(direction: Direction): void {
    if (this.#vanishes(direction)) this.torn = true
    else this.#ends[direction][1].destroy()
  }

  async #carry(direction: Direction): Promise<void> {
    const [from, to] = this.#ends[direction]
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) await this.#pass(direction, chunk)
      if (!this.#vanishes(direction)) to.end()
    } catch {
      // The connection is gone; its other end hears of it by the event.
    }
  }

  async #pass(direction: Direction, chunk: Buffer): Promise<void> {
    const [, to] = this.#ends[direction]
    if (direction === 'back') await this.#held
    const { delayMs, sliceBytes, resetAfterBytes } = this.#weather
    if (delayMs > 0) {
      this.#counts.delayed += 1
      await pause(delayMs)
    }
    if (this.#vanishes(direction)) {
      this.#counts.vanishedBytes += chunk.length
      this.torn = true
      return
    }
    this.#carried[direction] += chunk.length
    if (this.#carried[direction] > resetAfterBytes) return this.#tear(to, chunk)
    for (let from = 0; from < chunk.length; from += sliceBytes) {
      if (to.destroyed) return
      if (sliceBytes < chunk.length) {
        this.#counts.slices += 1
        await turn()
      }
      if (!to.write(chunk.subarray(from, Math.min(chunk.length, from + sliceBytes)))) await drained(to)
    }
  }

  /** Half of it comes, and then the end. */
  async #tear(to: Socket, chunk: Buffer): Promise<void> {
    await new Promise<void>((resolve) => to.write(chunk.subarray(0, chunk.length >> 1), () => resolve()))
    this.#counts.resets += 1
    this.reset()
  }
}

/** Resolves when there is room again, or nobody to write for. */
async function drained(socket: Socket): Promise<void> {
  if (socket.destroyed || !socket.writableNeedDrain) return
  await new Promise<void>((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', resolve)
  })
}

/** Passes connections on to a port of this machine. */
export async function tcpProxy(to: number): Promise<TcpProxy> {
  const port = await freePort()
  const pairs = new Set<Pair>()
  const weather = calm()
  const counts: Counts = { cut: 0, vanishedBytes: 0, delayed: 0, slices: 0, resets: 0 }
  const server = createServer((near) => {
    if (weather.cut) {
      counts.cut += 1
      near.destroy()
      return
    }
    const far = connect(to, '127.0.0.1')
    const pair = new Pair(near, far, { weather, counts })
    pairs.add(pair)
    for (const socket of [near, far]) socket.once('close', () => pair.closed && pairs.delete(pair))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port,
    counts,
    cut() {
      weather.cut = true
      counts.cut += pairs.size
      for (const pair of pairs) pair.end()
    },
    stall() {
      for (const pair of pairs) pair.hold()
    },
    partition(directions) {
      weather.vanishes = directions
    },
    silence() {
      for (const pair of pairs) pair.silent = true
    },
    slow(ms) {
      weather.delayMs = ms
    },
    slice(bytes) {
      weather.sliceBytes = bytes
    },
    reset(afterBytes) {
      weather.resetAfterBytes = afterBytes
    },
    heal() {
      Object.assign(weather, calm())
      for (const pair of pairs) {
        pair.release()
        if (pair.torn && !pair.silent) pair.reset()
      }
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const pair of pairs) {
        pair.release()
        pair.end()
      }
      await closed
    }
  }
}
