import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { silentLog } from '../../src/cli/silent-log.ts'
import { gateway, remoteSystem } from '../../src/gateway/index.ts'
import type { RunningSystem } from '../../src/runtime/index.ts'
import { heldStore } from '../gateway/held-store.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { SharedBank, until } from './shared-bank.ts'
import { newSchema } from './stage.ts'

describe.runIf(available('postgres', postgresMissing()))('instances asked from another process', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  /** Where a system answers. */
  async function addressOf(system: RunningSystem): Promise<string> {
    const bus = localBus()
    const ports = { bus, clock: systemClock(), ids: systemIds(), log: silentLog }
    const { url, close } = await gateway({ system, ...ports, port: 0 })
    onTestFinished(close)
    return url
  }

  test('idle asks each of them: what is queued in one only that one knows', async () => {
    const on = new SharedBank(server, newSchema())
    const held = heldStore()
    onTestFinished(held.release)
    const [first, second] = [await on.start(), await on.start()]
    const third = await on.start({ wrap: held.wrap })
    await on.shared(3)
    const urls = await Promise.all([first, second, third].map(addressOf))
    const bus = localBus()
    for (const { feed } of first.services.values()) bus.offer(feed)
    const remote = remoteSystem({
      definition: first.definition,
      addresses: () => urls,
      bus,
      clock: systemClock()
    })
    await remote.idle()
    held.hold()
    const transfers = third.service('transfers')
    const request = (key: string) =>
      transfers.send({ type: 'RequestTransfer', key, data: { from: 'ann', to: 'bob', pence: 1 } })
    const answers = [request('t1')]
    await held.waiting()
    answers.push(request('t2'))
    await until('one is queued', async () => (await transfers.status()).commandsQueued === 1)
    let isIdle = false
    const idle = remote.idle().then(() => {
      isIdle = true
    })
    // More requests than two looks of it need.
    for (let look = 0; look < 60; look++) await remote.service('bank').status()
    expect(isIdle).toBe(false)
    held.release()
    await idle
    expect((await Promise.all(answers)).map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted'])
    const statement = await remote.service('notices').row('statement', 't2')
    expect(statement).toEqual({ moves: ['failed'], pence: 0 })
  }, 120_000)
})
