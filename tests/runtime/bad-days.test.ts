import fc from 'fast-check'
import { expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import type { FailureCode } from '../../src/index.ts'
import type { Accepted, CommandAnswer } from '../../src/runtime/index.ts'
import { testIds } from '../../src/testing/index.ts'
import { type BankFaults, bank, ConfirmNotice } from './bank.ts'
import { faultyBus } from './faulty-bus.ts'
import type { PlannedFault } from './faulty-store.ts'
import { logOf, proveAll } from './oracle.ts'
import { type OpenStage, openStage } from './stage.ts'

const services = ['bank', 'transfers', 'notices'] as const
const accounts = ['ann', 'bob', 'cid', 'dan'] as const
const runs = Number(process.env['SKERRY_BAD_DAYS'] ?? 60)

/** One thing that happens on a bad day. */
type Event =
  | {
      readonly what: 'deposit' | 'transfer'
      readonly from: string
      readonly to: string
      readonly pence: number
    }
  | { readonly what: 'close'; readonly account: string }
  | { readonly what: 'turns'; readonly count: number }
  | { readonly what: 'pass' | 'jump'; readonly ms: number }
  | { readonly what: 'crash' | 'restart' | 'rebuild' | 'redrive' }
  | {
      readonly what: 'store'
      readonly service: (typeof services)[number]
      readonly code: FailureCode
      readonly durable: boolean
      readonly times: number
    }
  | { readonly what: 'poison'; readonly where: keyof BankFaults; readonly on: boolean }
  | { readonly what: 'outside'; readonly works: boolean }

const account = fc.constantFrom(...accounts)
const happening: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('transfer' as const),
      from: account,
      to: account,
      pence: fc.integer({ min: 1, max: 60 })
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('deposit' as const),
      from: account,
      to: account,
      pence: fc.integer({ min: 1, max: 100 })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('close' as const), account: fc.constantFrom('cid', 'dan') })
  },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('turns' as const), count: fc.integer({ min: 0, max: 12 }) })
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 70_000 }) })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('jump' as const),
      ms: fc.constantFrom(-3_600_000, -100, 5_000, 86_400_000)
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('crash' as const, 'restart' as const, 'rebuild' as const, 'redrive' as const)
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('store' as const),
      service: fc.constantFrom(...services),
      code: fc.constantFrom<FailureCode>(
        'STORE_FULL',
        'STORE_UNAVAILABLE',
        'VERSION_CONFLICT',
        'CHECKPOINT_CONFLICT',
        'MESSAGE_TOO_LARGE'
      ),
      durable: fc.boolean(),
      times: fc.integer({ min: 1, max: 3 })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('poison' as const),
      where: fc.constantFrom<keyof BankFaults>('fold', 'react', 'giveUp'),
      on: fc.boolean()
    })
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('outside' as const), works: fc.boolean() }) }
)

/** What a day was made of, over all runs: a day on which nothing happened shows nothing. */
const saw = {
  accepted: 0,
  refused: 0,
  settled: 0,
  failed: 0,
  faults: 0,
  crashes: 0,
  dead: 0,
  effects: 0
}

/** A bank on a bad day. */
class BadDay {
  readonly #poisoned = new Set<keyof BankFaults>()
  readonly #answers: Promise<readonly [note: string, answer: CommandAnswer | undefined]>[] = []
  readonly #faults: PlannedFault[] = []
  readonly #seed: number
  #works = true
  #count = 0
  #on: OpenStage | undefined

  constructor(seed: number) {
    this.#seed = seed
  }

  get on(): OpenStage {
    if (!this.#on) throw new Error('The day has not begun.')
    return this.#on
  }

  async begin(): Promise<void> {
    const { random } = testIds(this.#seed)
    const trip = (where: keyof BankFaults) => (): void => {
      if (this.#poisoned.has(where)) throw new Error(`A bad day for ${where}.`)
    }
    const definition = bank({
      faults: { fold: trip('fold'), react: trip('react'), giveUp: trip('giveUp') },
      policy: { retry: { attempts: 3, base: { ms: 5 }, max: { ms: 10 } } },
      post: async (_, { meta, idempotencyKey }) => {
        saw.effects += 1
        if (!this.#works) throw new Error('The outside world is closed.')
        return ConfirmNotice.for(meta.key, { receipt: idempotencyKey })
      }
    })
    this.#on = await openStage(definition, {
      ids: testIds(this.#seed),
      faultsMayMiss: true,
      limits: { batchMax: 1 + Math.floor(random() * 8), replayBatchMax: 8, attemptsMax: 3 },
      bus: () => faultyBus(localBus(), random, { lose: 0.1, repeat: 0.1, reorder: 0.1 })
    })
    if (random() < 0.5) this.#on.stores.slow(() => Math.floor(random() * 3))
    for (const key of accounts) this.#send('bank', 'Deposit', key, 100)
  }

  #send(service: string, type: string, key: string, pence: number, more: object = {}): void {
    const note = `${type}-${this.#count++}`
    const data = type === 'Deposit' ? { pence, note } : { pence, ...more }
    const sent = this.on.insist(service, type, type === 'RequestTransfer' ? note : key, data)
    // A command that the store will never take is refused for good, which is an answer too.
    this.#answers.push(
      sent.then(
        (answer) => [note, answer] as const,
        () => [note, undefined] as const
      )
    )
  }

  async happens(event: Event): Promise<void> {
    const { on } = this
    switch (event.what) {
      case 'deposit':
        return this.#send('bank', 'Deposit', event.from, event.pence)
      case 'transfer':
        return this.#send('transfers', 'RequestTransfer', '', event.pence, { from: event.from, to: event.to })
      case 'close':
        return void on.insist('bank', 'CloseAccount', event.account, {}).catch(() => undefined)
      case 'turns':
        return on.turns(event.count)
      case 'pass':
        return on.clock.advance(event.ms)
      case 'jump':
        return on.clock.jumpTo(on.clock.nowMs() + event.ms)
      case 'crash':
        saw.crashes += 1
        return on.crash()
      case 'restart':
        return on.restart()
      case 'rebuild':
        return void on
          .service('notices')
          .rebuild('statement')
          .catch(() => undefined)
      case 'redrive':
        return this.#redriveOne()
      case 'store':
        return this.#breakStore(event)
      case 'poison':
        return void (event.on ? this.#poisoned.add(event.where) : this.#poisoned.delete(event.where))
      case 'outside':
        this.#works = event.works
        return
    }
  }

  #breakStore({ service, code, durable, times }: Extract<Event, { what: 'store' }>): void {
    // A conflict means that nothing was written.
    const unknown = durable && code.startsWith('STORE_')
    this.#faults.push(this.on.stores.fail(service, { code, durable: unknown, times }))
  }

  async #redriveOne(): Promise<void> {
    for (const service of services) {
      const { deadLetters } = this.on.service(service)
      const [dead] = await deadLetters.list({ limit: 1, status: ['dead'] }).catch(() => [])
      if (dead) void deadLetters.redrive(dead.number, 'test').catch(() => undefined)
    }
  }

  /** Everything heals: then everything must end, and be right. */
  async end(): Promise<void> {
    const { on } = this
    saw.faults += this.#faults.reduce((sum, { fired }) => sum + fired, 0)
    for (const fault of this.#faults) fault.heal()
    this.#poisoned.clear()
    this.#works = true
    const answers = await on.drive(Promise.all(this.#answers))
    await on.settled()
    await on.clock.advance(600_000)
    await on.settled()
    for (let dead = await this.#dead(); dead.length > 0; dead = await this.#dead()) {
      saw.dead += dead.length
      for (const [service, number] of dead)
        await on.drive(on.service(service).deadLetters.redrive(number, 'test'))
      await on.settled()
      await on.clock.advance(600_000)
      await on.settled()
    }
    const { transfers } = await proveAll(on)
    saw.settled += transfers.settled
    saw.failed += transfers.failed
    await this.#proveAnswers(answers)
    expect(await on.store('transfers').timers(10)).toEqual([])
  }

  async #dead(): Promise<[service: string, number: number][]> {
    const found: [string, number][] = []
    for (const service of services)
      for (const { number } of await this.on
        .service(service)
        .deadLetters.list({ limit: 1_000, status: ['dead'] }))
        found.push([service, number])
    return found
  }

  /** I2 I3: what was acknowledged is in the log, once, where the answer says; what was refused is not. */
  async #proveAnswers(answers: readonly (readonly [string, CommandAnswer | undefined])[]): Promise<void> {
    const rows = [...(await logOf(this.on.service('bank'))), ...(await logOf(this.on.service('transfers')))]
    for (const [note, answer] of answers) {
      const mine = rows.filter(
        ({ type, key, data }) =>
          (type === 'Deposited' && (data as { note: string }).note === note) ||
          (type === 'TransferRequested' && key === note)
      )
      const positions = mine.map((row) => `${row.service}:${row.partition}:${row.position}`)
      expect(positions, note).toEqual(answer?.outcome === 'accepted' ? [(answer as Accepted).position] : [])
      saw[answer?.outcome ?? 'refused'] += 1
    }
  }
}

test('I1-I8 I10 I12 I14 I15 I20: whatever happens on a bad day, everything is right when it is over', async () => {
  const day = async (seed: number, events: readonly Event[]): Promise<void> => {
    const bad = new BadDay(seed)
    await bad.begin()
    try {
      for (const event of events) await bad.happens(event)
      await bad.end()
    } finally {
      await bad.on.close()
    }
  }
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 30 }),
      fc.array(happening, { minLength: 5, maxLength: 60 }),
      day
    ),
    {
      numRuns: runs,
      interruptAfterTimeLimit: 300_000
    }
  )
  for (const [what, count] of Object.entries(saw)) expect(count, what).toBeGreaterThan(0)
}, 320_000)
