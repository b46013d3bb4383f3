import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { guardedEffects } from '../../src/adapters/node/index.ts'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { Failure, type SystemDefinition } from '../../src/index.ts'
import type { Bus, Ids, LogFields, Store } from '../../src/ports/index.ts'
import {
  type Accepted,
  type CommandAnswer,
  type CommandRequest,
  type Limits,
  type RunningService,
  type RunningSystem,
  startSystem
} from '../../src/runtime/index.ts'
import { type TestClock, testClock, testIds } from '../../src/testing/index.ts'
import { type FaultyStores, faultyStores } from './faulty-store.ts'

/** What a test may change of the stage it starts. */
export interface StageOptions {
  readonly limits?: Partial<Limits>
  /** Makes the bus of each start; default a local one. */
  readonly bus?: () => Bus
  readonly ids?: Ids
  readonly startMs?: number
  /** Opens the store of a service; default a file of SQLite in the directory. */
  readonly openStore?: (service: string) => Promise<Store>
  /** Planned faults need not have happened before a restart: a random plan may miss. */
  readonly faultsMayMiss?: boolean
}

/** One line that was logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly text: string
  readonly fields: LogFields
}

/** A system on real databases in a throwaway directory, with a clock that a test drives. */
export interface Stage {
  readonly system: RunningSystem
  readonly clock: TestClock
  /** The faults of the stores; new ones after each start. */
  readonly stores: FaultyStores
  readonly lines: readonly LogLine[]
  readonly directory: string
  service(name: string): RunningService
  /** The store beneath a running service, without its faults. */
  store(service: string): Store
  send(
    service: string,
    type: string,
    key: string,
    data: unknown,
    more?: Partial<CommandRequest>
  ): Promise<CommandAnswer>
  /** Sends a command that must be accepted. */
  accepted(
    service: string,
    type: string,
    key: string,
    data: unknown,
    more?: Partial<CommandRequest>
  ): Promise<Accepted>
  /** Sends a command with an idempotency key, again and again as a good client does, until there is an answer. */
  insist(service: string, type: string, key: string, data: unknown): Promise<CommandAnswer>
  /** Lets time pass until the condition holds; fails after a while of real time. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>
  /** Lets the event loop turn so often; no time passes. */
  turns(count: number): Promise<void>
  /** Lets time pass until the promise is settled. */
  drive<Result>(promise: Promise<Result>): Promise<Result>
  /** Lets time pass until nothing is left to do. */
  settled(): Promise<void>
  /** Stops in good order and starts again, perhaps as another version. */
  restart(definition?: SystemDefinition): Promise<void>
  /** Ends as a killed process does, and starts again; `before` plans the faults of the next life. */
  crash(definition?: SystemDefinition, before?: (stores: FaultyStores) => void): Promise<void>
}

/** Real time that a test waits for a condition; on a busy machine everything takes long. */
const patienceMs = 20_000
vi.setConfig({ testTimeout: 2 * patienceMs })
/** Test time that passes between two looks at a condition. */
const lookMs = 20

class TheStage implements OpenStage {
  readonly clock: TestClock
  readonly lines: LogLine[] = []
  readonly directory: string = mkdtempSync(join(tmpdir(), 'skerry-runtime-'))
  readonly #options: StageOptions
  readonly #ids: Ids
  #definition: SystemDefinition
  #running: RunningSystem | undefined
  #opened: Store[] = []
  #insisted = 0
  stores: FaultyStores = faultyStores()

  constructor(definition: SystemDefinition, options: StageOptions) {
    this.#definition = definition
    this.#options = options
    this.#ids = options.ids ?? testIds()
    this.clock = testClock(options.startMs === undefined ? {} : { startMs: options.startMs })
  }

  get system(): RunningSystem {
    if (!this.#running) throw new Error('The stage is not up.')
    return this.#running
  }

  async start(before?: (stores: FaultyStores) => void): Promise<void> {
    const stores = faultyStores()
    before?.(stores)
    this.stores = stores
    this.#opened = []
    const log =
      (level: LogLine['level']) =>
      (text: string, fields: LogFields = {}) => {
        this.lines.push({ level, text, fields })
      }
    const bus = this.#options.bus?.() ?? localBus()
    const starting = startSystem(this.#definition, {
      openStore: async (service) => {
        const store = await (this.#options.openStore?.(service) ??
          sqliteStore({ service, file: join(this.directory, `${service}.db`) }))
        this.#opened.push(store)
        return stores.wrap(store)
      },
      bus,
      clock: this.clock,
      ids: this.#ids,
      log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      effects: () => guardedEffects(),
      limits: { retryBaseMs: 10, retryMaxMs: 80, ...this.#options.limits }
    })
    this.#running = await this.drive(starting)
  }

  store(service: string): Store {
    const found = this.#opened.find((store) => store.service === service)
    if (!found) throw new Error(`No store of ${service} is open.`)
    return found
  }

  service(name: string): RunningService {
    return this.system.service(name)
  }

  send(
    service: string,
    type: string,
    key: string,
    data: unknown,
    more: Partial<CommandRequest> = {}
  ): Promise<CommandAnswer> {
    return this.service(service).send({ type, key, data, ...more })
  }

  async accepted(
    service: string,
    type: string,
    key: string,
    data: unknown,
    more: Partial<CommandRequest> = {}
  ): Promise<Accepted> {
    const answer = await this.send(service, type, key, data, more)
    if (answer.outcome !== 'accepted') throw new Error(`${type} was refused: ${answer.refusal.reason}`)
    return answer
  }

  async insist(service: string, type: string, key: string, data: unknown): Promise<CommandAnswer> {
    const idempotencyKey = `insist-${this.#insisted++}`
    const startedMs = performance.now()
    for (;;) {
      const running = this.#running?.service(service)
      const answer = await running
        ?.send({ type, key, data, idempotencyKey })
        .catch((thrown: unknown) => thrown as Failure)
      if (answer && !(answer instanceof Failure)) return answer
      if (answer?.retry === 'never') throw answer
      if (performance.now() - startedMs > patienceMs) throw new Error(`${type} was sent in vain.`)
      await this.turns(1)
    }
  }

  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const startedMs = performance.now()
    while (!(await condition())) {
      if (performance.now() - startedMs > patienceMs) throw new Error(`Waited in vain: ${what}`)
      await this.clock.advance(lookMs)
    }
  }

  async drive<Result>(promise: Promise<Result>): Promise<Result> {
    let settled = false
    const done = (): void => {
      settled = true
    }
    promise.then(done, done)
    await this.until('a promise is settled', () => settled)
    return promise
  }

  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => this.clock.soon(resolve))
  }

  settled(): Promise<void> {
    return this.drive(this.system.idle())
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (running) await this.drive(running.stop())
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  async restart(definition: SystemDefinition = this.#definition): Promise<void> {
    await this.stop()
    if (!this.#options.faultsMayMiss) this.stores.expectAllFired()
    this.#definition = definition
    await this.start()
  }

  async crash(
    definition: SystemDefinition = this.#definition,
    before?: (stores: FaultyStores) => void
  ): Promise<void> {
    this.stores.end()
    for (const store of this.#opened) await store.close()
    this.#definition = definition
    // What is left of the old process in memory can reach nothing any more.
    await this.stop()
    await this.start(before)
  }
}

/** A stage that is closed by whoever opened it. */
export interface OpenStage extends Stage {
  /** Stops, and removes the files. */
  close(): Promise<void>
}

/** Puts a system on stage. */
export async function openStage(
  definition: SystemDefinition,
  options: StageOptions = {}
): Promise<OpenStage> {
  const staged = new TheStage(definition, options)
  await staged.start()
  return staged
}

/** Puts a system on stage for one test; it is stopped and its files are removed when the test is over. */
export async function stage(definition: SystemDefinition, options: StageOptions = {}): Promise<Stage> {
  const staged = await openStage(definition, options)
  onTestFinished(async () => {
    await staged.close()
    staged.stores.expectAllFired()
  })
  return staged
}

/** The code of the failure that a promise is rejected with; the test fails when it is not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown })
  )
  expect(outcome, 'it should have failed').toHaveProperty('thrown')
  return (outcome as { readonly thrown: { readonly code: string } }).thrown.code
}
