import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock } from '../../src/adapters/node/index.ts'
import { type BusUnderTest, busConformance } from '../../src/conformance/index.ts'
import { connectedBus } from '../kafka/connected.ts'
import { type KafkaServer, kafkaMissing, kafkaServer } from '../servers/kafka-server.ts'
import { available } from '../servers/required.ts'

let server: KafkaServer
let opened = 0

const kafka: BusUnderTest = {
  guarantees: { name: 'kafka', lossless: false, ordered: true },
  async open(services) {
    // What a process reads over HTTP is read here from the other end's memory: this is about what is heard.
    const options = { feeds: localBus(), prefix: `case-${opened++}`, partitions: 5 }
    const publisher = await connectedBus([server.address], { ...options, services })
    const consumer = await connectedBus([server.address], options)
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

describe.skipIf(!available('kafka', kafkaMissing()))('the bus kafka', () => {
  beforeAll(async () => {
    server = await kafkaServer()
  })
  afterAll(() => server.remove())

  const cases = busConformance(kafka)
  test('has cases to pass', () => {
    expect(cases.length).toBeGreaterThan(14)
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length)
  })
  for (const each of cases) test(each.name, () => each.run())
})
