import { expect, onTestFinished, test } from 'vitest'
import { httpFeedBus } from '../../src/adapters/http-feed/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { frontOf } from '../../src/cli/services-apart.ts'
import { silentLog } from '../../src/cli/silent-log.ts'
import { Failure, type FailureCode } from '../../src/core/index.ts'
import { gateway, remoteSystem } from '../../src/gateway/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { freePort } from '../system/child.ts'
import { emptyDirectory, ended } from '../system/skerry-process.ts'
import { shop } from './shop.ts'
import { startShop } from './start-shop.ts'

/** The address in front of a shop of which nobody runs the billing. */
async function withoutBilling(): Promise<string> {
  const there = await startShop()
  const nobody = `http://127.0.0.1:${await freePort()}`
  const addresses = (service: string): readonly string[] => [service === 'billing' ? nobody : there.url]
  const [clock, ids, log] = [systemClock(), systemIds(), silentLog]
  const bus = httpFeedBus({ urls: addresses, local: localBus(), clock, ids })
  const system = remoteSystem({ definition: shop, addresses, bus, clock })
  const front = await gateway({ system, bus, clock, ids, log, port: 0 })
  onTestFinished(async () => {
    await front.close()
    await system.stop()
  })
  return front.url
}

async function asked(url: string, path: string): Promise<readonly [number, unknown]> {
  const answer = await fetch(`${url}${path}`)
  return [answer.status, await answer.json()]
}

test('a service whose process is away is told as such, and does not hide the others', async () => {
  const url = await withoutBilling()
  const failure = expect.stringMatching(/billing does not answer/)
  const code = 'SERVICE_UNREACHABLE'
  const [ready, health] = await asked(url, '/health/ready')
  expect([ready, health]).toEqual([
    503,
    { ready: false, services: { sales: 'running', billing: 'unreachable', fulfilment: 'running' } }
  ])
  expect(await asked(url, '/admin/status')).toMatchObject([
    200,
    {
      services: [
        { service: 'sales', state: 'running' },
        {
          service: 'billing',
          state: 'unreachable',
          failure,
          code,
          subscriptions: [],
          parked: [],
          rebuilds: []
        },
        { service: 'fulfilment', state: 'running' }
      ]
    }
  ])
  expect(await asked(url, '/admin/check')).toEqual([
    200,
    {
      healthy: false,
      services: [
        { service: 'sales', problems: [] },
        { service: 'billing', problems: [], failure, code },
        { service: 'fulfilment', problems: [] }
      ]
    }
  ])
  expect(await asked(url, '/admin/billing/status')).toMatchObject([
    503,
    { code: 'SERVICE_UNREACHABLE', detail: 'It runs billing.' }
  ])
})

/** Runs the shop, whose billing has a store that fails whenever it is asked in this way. */
async function damagedAt(
  asked: keyof Store,
  code: FailureCode = 'STORE_CORRUPT'
): Promise<{ readonly url: string; readonly found: () => number }> {
  let found = 0
  let isDamaged = false
  const store = (opened: Store): Store =>
    new Proxy(opened, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (!isDamaged || name !== asked || target.service !== 'billing') return member.bind(target)
        return async () => {
          found += 1
          throw new Failure(code, { hint: 'A page is torn.' })
        }
      }
    })
  const { url } = await startShop({ store })
  isDamaged = true
  return { url, found: () => found }
}

test('a service whose store found its data damaged does not hide the dead letters of the others', async () => {
  const { url, found } = await damagedAt('parked')
  const { code, output } = await ended(['dlq', 'list', '--json', '--url', url], { cwd: emptyDirectory() })
  expect(found()).toBeGreaterThan(0)
  expect([code, JSON.parse(output)]).toEqual([
    1,
    {
      services: [
        { service: 'sales', deadLetters: [] },
        {
          service: 'billing',
          deadLetters: [],
          failure: expect.stringContaining('found its data damaged'),
          code: 'STORE_CORRUPT'
        },
        { service: 'fulfilment', deadLetters: [] }
      ]
    }
  ])
})

test('doctor says of a service whose store found its data damaged to restore a copy, not to start it', async () => {
  const { url, found } = await damagedAt('timerCount')
  const { code, output } = await ended(['doctor', '--url', url, '--json'], { cwd: emptyDirectory() })
  expect(found()).toBeGreaterThan(0)
  const { findings } = JSON.parse(output) as { readonly findings: readonly { readonly about: string }[] }
  expect([code, findings.filter(({ about }) => about === 'billing')]).toEqual([
    1,
    [
      expect.objectContaining({
        level: 'fault',
        text: expect.stringMatching(/^serves nothing any more: .*A page is torn/),
        mend: expect.stringMatching(
          /^do as it says, or else stop the system, keep its data as they are, and restore a copy/
        )
      })
    ]
  ])
})

test('a service whose store is away is named, and does not hide the others', async () => {
  const { url, found } = await damagedAt('timerCount', 'STORE_UNAVAILABLE')
  const said = (command: string) =>
    ended([command, '--url', url], { cwd: emptyDirectory(), env: { COLUMNS: '200' } })
  const inspected = await said('inspect')
  expect(found()).toBeGreaterThan(0)
  expect(inspected).toMatchObject({ code: 1, errors: '' })
  expect(inspected.output).toMatch(/^sales +running +0/m)
  expect(inspected.output).toMatch(/^billing runs, but does not reach its store: .*A page is torn/m)
  const examined = await said('doctor')
  expect(examined.code).toBe(1)
  expect(examined.output).toMatch(/^ok +sales +0 messages/m)
  expect(examined.output).toMatch(
    /^fault +billing +runs, but does not reach its store: .*\n +-> see the log for the reason/m
  )
})

test('inspect, dlq list and doctor tell of the services that answer, and which one does not', async () => {
  const url = await withoutBilling()
  const said = (...args: readonly string[]) =>
    ended([...args, '--url', url], { cwd: emptyDirectory(), env: { COLUMNS: '200' } })
  const inspected = await said('inspect')
  expect(inspected).toMatchObject({ code: 1, errors: '' })
  expect(inspected.output).toMatch(/^sales +running +0/m)
  expect(inspected.output).toMatch(/^billing +unreachable +- +- +- +- +-$/m)
  expect(inspected.output).toMatch(/^billing cannot be reached: /m)

  const listed = await said('dlq', 'list')
  expect(listed.code).toBe(1)
  expect(listed.errors).toMatch(/^billing cannot be reached: /m)
  const letters = await said('dlq', 'list', '--json')
  expect([letters.code, JSON.parse(letters.output)]).toMatchObject([
    1,
    {
      services: [
        { service: 'sales', deadLetters: [] },
        { service: 'billing', deadLetters: [], failure: expect.stringContaining('It runs billing.') },
        { service: 'fulfilment', deadLetters: [] }
      ]
    }
  ])

  const examined = await said('doctor')
  expect(examined.code).toBe(1)
  expect(examined.output).toMatch(/^ok +sales +0 messages/m)
  expect(examined.output).toMatch(/^fault +billing +cannot be reached: /m)
  expect(examined.output).toMatch(/^ok +fulfilment +0 messages/m)

  const named = await said('inspect', 'billing')
  expect([named.code, named.errors]).toEqual([1, expect.stringContaining('It runs billing.')])
})

test.each(['127.0.0.1', 'localhost'])(
  'a front that is told its own address, as %s, does not ask itself',
  async (name) => {
    const there = await startShop()
    const port = await freePort()
    const urls = { sales: [there.url], billing: [`http://${name}:${port}`], fulfilment: [there.url] }
    const front = await frontOf({ system: shop, urls }, port)
    onTestFinished(front.close)
    expect(front.url).toBe(`http://127.0.0.1:${port}`)
    const failure = expect.stringContaining('nobody knows where it is')
    expect(await asked(front.url, '/admin/status')).toMatchObject([
      200,
      {
        services: [
          { state: 'running' },
          { service: 'billing', state: 'unreachable', failure },
          { state: 'running' }
        ]
      }
    ])
  }
)

test('an address at which another service answers is named, and another instance is asked', async () => {
  const there = await startShop()
  const services = new Map([...shop.services].filter(([name]) => name === 'sales'))
  const other = await frontOf({ system: { name: 'sales alone', services }, urls: {} })
  onTestFinished(other.close)
  const urls = { sales: [there.url], billing: [other.url], fulfilment: [other.url, there.url] }
  const front = await frontOf({ system: shop, urls })
  onTestFinished(front.close)
  const failure = expect.stringMatching(
    `billing does not answer .${other.url}: There is no service of that name here. Here are .*sales`
  )
  // Twice, so that each of the two instances was the first to be asked.
  for (const path of ['/admin/status', '/admin/status'])
    expect(await asked(front.url, path)).toMatchObject([
      200,
      {
        services: [
          { state: 'running' },
          { service: 'billing', state: 'unreachable', failure },
          { state: 'running' }
        ]
      }
    ])
})
