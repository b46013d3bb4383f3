import { expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { Failure } from '../../src/index.ts'
import type { Bus, Feed } from '../../src/ports/index.ts'
import { bank } from './bank.ts'
import { proveAll, proveBalance } from './oracle.ts'
import { codeOf, type Stage, stage } from './stage.ts'

/** A bus on which one service can fall silent: its feed does not answer, and what it announces is lost. */
class SilentBus {
  silent = false
  asked = 0
  readonly #service: string

  constructor(service: string) {
    this.#service = service
  }

  readonly make = (): Bus => {
    const inner = localBus()
    const hush = (feed: Feed): Feed => ({
      service: feed.service,
      read: async (...place) => {
        this.#check()
        return feed.read(...place)
      },
      heads: async () => {
        this.#check()
        return feed.heads()
      }
    })
    return {
      ...inner,
      guarantees: { name: 'silent', lossless: false, ordered: true },
      feed: (service) => (service === this.#service ? hush(inner.feed(service)) : inner.feed(service)),
      announce: (service, rows) => {
        if (service !== this.#service || !this.silent) inner.announce(service, rows)
      }
    }
  }

  #check(): void {
    this.asked += 1
    if (this.silent) throw new Failure('FEED_UNAVAILABLE', { hint: `${this.#service} is away.` })
  }
}

async function transfers(on: Stage, name: string): Promise<void> {
  await on.accepted('bank', 'Deposit', 'ann', { pence: 100 })
  for (let index = 0; index < 5; index++)
    await on.accepted('transfers', 'RequestTransfer', `${name}${index}`, { from: 'ann', to: 'bob', pence: 1 })
}

test('a service starts, and takes commands, while another one does not answer', async () => {
  const bus = new SilentBus('bank')
  bus.silent = true
  const on = await stage(bank({ stepMinutes: 60 }), { bus: bus.make })
  await transfers(on, 't')
  await on.clock.advance(5_000)
  expect(bus.asked).toBeGreaterThan(3)
  expect(
    (await on.service('transfers').entities('settlement', '', 10)).map(({ state }) => state.status)
  ).toEqual(Array(5).fill('running'))
  for (const service of on.system.services.values()) await proveBalance(service)
  // Told once by each service that listens to it, however often it is asked.
  const told = on.lines.filter(({ text }) => text.startsWith('a service does not answer'))
  expect(told.length).toBeGreaterThan(0)
  expect(new Set(told.map((line) => JSON.stringify(line))).size).toBe(told.length)
  bus.silent = false
  await on.settled()
  expect((await proveAll(on)).transfers).toEqual({ settled: 5, failed: 0 })
})

test('a service that falls silent while others listen is heard again from where it was', async () => {
  const bus = new SilentBus('bank')
  const on = await stage(bank({ stepMinutes: 60 }), { bus: bus.make })
  await transfers(on, 't')
  await on.settled()
  bus.silent = true
  await transfers(on, 'u')
  await on.clock.advance(5_000)
  expect(await on.service('notices').row('statement', 't0')).toMatchObject({ pence: 0 })
  expect(await codeOf(on.service('notices').row('statement', 'u0'))).toBe('ROW_UNKNOWN')
  bus.silent = false
  await on.settled()
  expect((await proveAll(on)).transfers).toEqual({ settled: 10, failed: 0 })
})

test('I25: what only a silent service could tell has not been seen', async () => {
  const bus = new SilentBus('bank')
  const on = await stage(bank({ stepMinutes: 60 }), { bus: bus.make })
  bus.silent = true
  await on.crash()
  const { position } = await on.accepted('bank', 'Deposit', 'ann', { pence: 100 })
  const read = on.service('notices').row('statement', 't0', { after: [position], waitMs: 1_000 })
  expect(await on.drive(codeOf(read))).toBe('POSITION_NOT_REACHED')
  bus.silent = false
  await on.settled()
})

test('a rebuild does not take the place of the rows that serve while it cannot hear a source', async () => {
  const bus = new SilentBus('bank')
  const on = await stage(bank({ stepMinutes: 60 }), { bus: bus.make })
  await transfers(on, 't')
  await on.settled()
  const before = await on.service('notices').rowsHash('statement')
  bus.silent = true
  await on.crash()
  await on.service('notices').rebuild('statement')
  await on.clock.advance(5_000)
  expect((await on.service('notices').status()).rebuilds).toMatchObject([{ state: 'running' }])
  expect(await on.service('notices').rowsHash('statement')).toEqual(before)
  bus.silent = false
  await on.settled()
  await on.until(
    'it is swapped',
    async () => (await on.service('notices').status()).rebuilds[0]?.state === 'done'
  )
  expect(await on.service('notices').rowsHash('statement')).toEqual(before)
})
