import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock } from '../../src/adapters/node/index.ts'
import { type BusUnderTest, busConformance } from '../../src/conformance/index.ts'
import { connectedBus } from '../nats/connected.ts'
import { type NatsServer, natsMissing, natsServer } from '../servers/nats-server.ts'
import { available } from '../servers/required.ts'

let server: NatsServer
let opened = 0

const nats: BusUnderTest = {
  guarantees: { name: 'nats', lossless: false, ordered: true },
  async open() {
    // What a process reads over HTTP is read here from the other end's memory: this is about what is heard.
    const feeds = localBus()
    const prefix = `case-${opened++}`
    const options = { feeds, prefix, storage: 'memory', keptMaxBytes: 2 ** 20 } as const
    const publisher = await connectedBus([server.url], options)
    const consumer = await connectedBus([server.url], options)
    return {
      publisher: publisher.bus,
      consumer: consumer.bus,
      clock: systemClock(),
      async close() {
        await consumer.close()
        await publisher.close()
      }
    }
  }
}

describe.skipIf(!available('nats', natsMissing()))('the bus nats', () => {
  beforeAll(async () => {
    server = await natsServer()
  })
  afterAll(() => server.remove())

  const cases = busConformance(nats)
  test('has cases to pass', () => {
    expect(cases.length).toBeGreaterThan(14)
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length)
  })
  for (const each of cases) test(each.name, () => each.run())
})
