import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpFeedBus } from '../../src/adapters/http-feed/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { Failure } from '../../src/index.ts'
import type { Bus } from '../../src/ports/index.ts'
import { type CommandAnswer, type RunningSystem, startSystem } from '../../src/runtime/index.ts'
import { feedServer } from '../conformance/feed-server.ts'
import { bank } from '../runtime/bank.ts'
import type { ProvableBank } from '../runtime/oracle.ts'
import { freePort } from '../system/child.ts'

const quiet = (): void => {}
const clock = systemClock()

/** A bus over a broker, with connections of its own. */
interface Connected {
  readonly bus: Bus
  close(): Promise<void>
}

/** Opens a bus of one process, which finds feeds by `feeds` and runs these services. */
type Connect<Opened extends Connected> = (feeds: Bus, services: readonly string[]) => Promise<Opened>

/** One half of the bank, with all that a process of its own would have. */
interface Half<Opened> {
  readonly connected: Opened
  readonly system: RunningSystem
  close(): Promise<void>
}

interface HalfOptions<Opened extends Connected> {
  readonly directory: string
  readonly connect: Connect<Opened>
  readonly only: readonly string[]
  /** Where this half serves its feeds, and where those of the other services are. */
  readonly port: number
  readonly urls: Readonly<Record<string, string>>
}

async function half<Opened extends Connected>({
  directory,
  connect,
  only,
  port,
  urls
}: HalfOptions<Opened>): Promise<Half<Opened>> {
  const feeds = httpFeedBus({ urls, local: localBus(), clock, ids: systemIds() })
  const connected = await connect(feeds, only)
  const server = await feedServer(connected.bus, clock, port)
  const system = await startSystem(
    bank(),
    {
      openStore: (service) => sqliteStore({ service, file: join(directory, `${service}.db`) }),
      bus: connected.bus,
      clock,
      ids: systemIds(),
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      effects: () => guardedEffects(),
      limits: { retryBaseMs: 2, retryMaxMs: 50 }
    },
    { only }
  )
  return {
    connected,
    system,
    async close() {
      await system.stop()
      await server.close()
      await connected.close()
    }
  }
}

/** The bank in two halves, as two processes have it: accounts here, transfers and notices there, a broker in between. */
export interface SplitBank<Opened = unknown> extends ProvableBank {
  /** The bus of the accounts and that of the transfers. */
  readonly buses: readonly [Opened, Opened]
  /** Sends a command again and again, as a good client does, until it is answered. */
  insist(service: string, type: string, key: string, data: unknown): Promise<CommandAnswer>
  close(): Promise<void>
}

async function publishedBy(systems: readonly RunningSystem[]): Promise<number> {
  let sum = 0
  for (const { services } of systems)
    for (const { feed } of services.values()) for (const head of await feed.heads()) sum += head
  return sum
}

/** Starts both halves on real files, feeds over HTTP and connections of their own. */
export async function splitBank<Opened extends Connected>(
  connect: Connect<Opened>
): Promise<SplitBank<Opened>> {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-split-'))
  const [here, there] = [await freePort(), await freePort()]
  const urlHere = `http://127.0.0.1:${here}`
  const urlThere = `http://127.0.0.1:${there}`
  const halves = await Promise.all([
    half({
      directory,
      connect,
      only: ['bank'],
      port: here,
      urls: { transfers: urlThere, notices: urlThere }
    }),
    half({ directory, connect, only: ['transfers', 'notices'], port: there, urls: { bank: urlHere } })
  ])
  const systems = halves.map(({ system }) => system)
  const services = new Map(systems.flatMap((system) => [...system.services]))
  const system: RunningSystem = {
    definition: halves[0].system.definition,
    services,
    service: (name) => services.get(name) ?? halves[0].system.service(name),
    heard: (service) => {
      for (const each of systems) each.heard(service)
    },
    idle: () => Promise.all(systems.map((each) => each.idle())).then(() => undefined),
    stop: () => Promise.all(systems.map((each) => each.stop())).then(() => undefined)
  }
  let sent = 0
  return {
    system,
    buses: [halves[0].connected, halves[1].connected],
    async settled() {
      // What one half has just said is work of the other.
      for (let before = -1; before !== (await publishedBy(systems)); ) {
        before = await publishedBy(systems)
        for (const each of [...systems, ...systems]) await each.idle()
      }
    },
    async insist(service, type, key, data) {
      const idempotencyKey = `insist-${sent++}`
      for (;;) {
        try {
          return await system.service(service).send({ type, key, data, idempotencyKey })
        } catch (error) {
          if (!(error instanceof Failure) || error.retry === 'never') throw error
          await new Promise<void>((resolve) => clock.schedule(5, resolve))
        }
      }
    },
    async close() {
      await Promise.all(halves.map((each) => each.close()))
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

/** Transfers money without a pause, some of it more than there is, until it is told to end. */
export class Load {
  readonly #bank: SplitBank
  readonly #name: string
  readonly #running: Promise<unknown>
  #ended = false
  sent = 0

  constructor(bank: SplitBank, name: string, width = 4) {
    this.#bank = bank
    this.#name = name
    this.#running = Promise.all(Array.from({ length: width }, (_, index) => this.#run(index)))
  }

  /** Resolves when the last one is answered. */
  end(): Promise<unknown> {
    this.#ended = true
    return this.#running
  }

  async #run(index: number): Promise<void> {
    const accounts = ['ann', 'bob', 'cid', 'dan']
    for (let round = 0; !this.#ended; round++) {
      const [from, to] = [accounts[(index + round) % 4], accounts[(index + round + 1) % 4]]
      const pence = round % 9 === 0 ? 1_000_000 : 1 + (round % 50)
      const key = `${this.#name}-${index}-${round}`
      await this.#bank.insist('transfers', 'RequestTransfer', key, { from, to, pence })
      this.sent += 1
    }
  }
}
