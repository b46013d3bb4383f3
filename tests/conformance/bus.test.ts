import { describe, expect, test } from 'vitest'
import { httpFeedBus } from '../../src/adapters/http-feed/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { type BusUnderTest, busConformance } from '../../src/conformance/index.ts'
import { feedServer } from './feed-server.ts'

const clock = systemClock()

const local: BusUnderTest = {
  guarantees: { name: 'local', lossless: true, ordered: true },
  open() {
    const bus = localBus()
    return Promise.resolve({ publisher: bus, consumer: bus, clock, close: () => bus.close() })
  }
}

const httpFeed: BusUnderTest = {
  guarantees: { name: 'http-feed', lossless: true, ordered: true },
  async open(services) {
    const publisher = localBus()
    const server = await feedServer(publisher, clock)
    const urls = Object.fromEntries(services.map((service) => [service, server.url]))
    const consumer = httpFeedBus({ urls, local: localBus(), clock, ids: systemIds() })
    return {
      publisher,
      consumer,
      clock,
      async close() {
        await consumer.close()
        await server.close()
        await publisher.close()
      }
    }
  }
}

for (const bus of [local, httpFeed]) {
  describe(`the bus ${bus.guarantees.name}`, () => {
    const cases = busConformance(bus)
    test('has cases to pass', () => {
      expect(cases.length).toBeGreaterThan(20)
      expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length)
    })
    for (const each of cases) test(each.name, () => each.run())
  })
}
