import { inspect } from 'node:util'
import { Admin, Producer, stringSerializers } from '@platformatic/kafka'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openBus } from '../../examples/guide/kafka/open-bus.ts'
import { permissionsOf } from '../../examples/guide/kafka/permissions.ts'
import { systemClock } from '../../src/adapters/node/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { binaryCloudEventOf, type LogRow } from '../../src/ports/index.ts'
import { Heard } from '../brokers/heard.ts'
import { until } from '../brokers/until.ts'
import { feedServer } from '../conformance/feed-server.ts'
import { kafkaMissing, kafkaServer } from '../servers/kafka-server.ts'
import { available } from '../servers/required.ts'
import { freePort } from '../system/child.ts'

const passwords = { sales: 'change-me', billing: 'change-me-too', nobody: 'x' }
type User = keyof typeof passwords

/** What a broker needs to tell its users from each other; who comes by the other door may do everything. */
const withUsers = [
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users=User:ANONYMOUS',
  'sasl.enabled.mechanisms=PLAIN',
  `listener.name.door.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${Object.entries(
    passwords
  )
    .map(([user, password]) => `user_${user}="${password}"`)
    .join(' ')};`
]

const sasl = (user: User, password = passwords[user]) =>
  ({ mechanism: 'PLAIN', username: user, password }) as const

describe.skipIf(!available('kafka', kafkaMissing()))('the guide to Kafka', () => {
  test('two processes with the permissions of the guide hear each other, and nobody speaks for another', async () => {
    const port = await freePort()
    const server = await kafkaServer({ lines: withUsers, door: { port, advertised: port, login: true } })
    onTestFinished(() => server.remove())
    const root = new Admin({ clientId: 'root', bootstrapBrokers: [server.address] })
    onTestFinished(() => root.close())
    await root.createAcls({ creations: [...permissionsOf('sales'), ...permissionsOf('billing')] })

    const clock = systemClock()
    const bootstrapBrokers = [`127.0.0.1:${port}`]
    const [atSales, atBilling] = [await freePort(), await freePort()]
    const opened = async (user: User, at: number, urls: Record<string, string>) => {
      const { bus, close } = await openBus({ bootstrapBrokers, sasl: sasl(user) }, [user], urls)
      onTestFinished(close)
      const feeds = await feedServer(bus, clock, at)
      onTestFinished(() => feeds.close())
      return bus
    }
    const sales = await opened('sales', atSales, { billing: `http://127.0.0.1:${atBilling}` })
    const billing = await opened('billing', atBilling, { sales: `http://127.0.0.1:${atSales}` })
    const [ofSales, ofBilling] = [new StageFeed('sales'), new StageFeed('billing')]
    sales.offer(ofSales)
    billing.offer(ofBilling)
    const heard = { sales: new Heard(), billing: new Heard() }
    billing.listen('sales', heard.sales.listener)
    sales.listen('billing', heard.billing.listener)
    await until('both hear by the broker', () => {
      sales.announce('sales', ofSales.commit(1, 1))
      billing.announce('billing', ofBilling.commit(1, 1))
      return sales.counts.heard > 0 && billing.counts.heard > 0
    })
    sales.announce('sales', ofSales.commit(0, 20))
    await until('the rows come', () => heard.sales.last() === 20)
    expect(heard.sales.rows.filter(({ partition }) => partition === 0)).toEqual(
      await billing.feed('sales').read(0, 0, 20)
    )

    const forger = new Producer({
      clientId: 'forger',
      bootstrapBrokers,
      sasl: sasl('sales'),
      serializers: stringSerializers,
      retries: 0
    })
    onTestFinished(() => forger.close())
    const [row] = new StageFeed('billing').commit(3, 1) as [LogRow]
    const { attributes, data = '' } = binaryCloudEventOf(row, 'utf-8')
    const headers = Object.fromEntries([...attributes].map(([name, value]) => [`ce_${name}`, value]))
    const message = { topic: 'skerry.billing', partition: 3, key: row.key, value: data, headers }
    const refusal = await forger.send({ acks: -1, messages: [message] }).catch((error: unknown) => error)
    expect(inspect(refusal, { depth: 9 })).toContain('TOPIC_AUTHORIZATION_FAILED')
    billing.announce('billing', ofBilling.commit(0, 1))
    await until('what billing says itself comes', () => heard.billing.last() === 1)
    expect(heard.billing.positions(3)).toEqual([])

    await expect(openBus({ bootstrapBrokers, sasl: sasl('nobody') }, ['sales'], {})).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      message: expect.stringContaining('allow Describe, DescribeConfigs, Create, Read and Write')
    })
    const wrong = { bootstrapBrokers, sasl: sasl('sales', 'wrong') }
    await expect(openBus(wrong, ['sales'], {})).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      message: expect.stringContaining('does not let this user in')
    })
  })
})
