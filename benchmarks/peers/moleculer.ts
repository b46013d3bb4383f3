// A program: Moleculer with its durable channels (@moleculer/channels) on Redis streams, `appendonly yes` and
// `appendfsync always`; what the services know is in PostgreSQL, synchronous_commit on.
//
// Three services in one broker, each with the channels it hears. An order is placed by sending to a channel, which Redis
// answers when it is on the disk; each handler brings its effect about and sends to the next channel, and the message is
// acknowledged when the handler has returned. There is no transaction over both, so that a step may be repeated, by then
// without effect. 64 messages in flight a channel. The newest channels name Moleculer 0.14 as their peer; here they run
// on the newest Moleculer.
import { Middleware } from '@moleculer/channels'
import { ServiceBroker, type ServiceSchema } from 'moleculer'
import { measured } from './peer.ts'
import {
  accept,
  charge,
  type Effect,
  makeReady,
  type OrderFacts,
  orderFacts,
  ship,
  shopDatabase,
  wrongTables
} from './tables.ts'

/** Its declarations ask for what it has defaults for. */
type MiddlewareOptions = Parameters<typeof Middleware>[0]

/** What the middleware gives to a broker. */
interface WithChannels {
  sendToChannel(channel: string, payload: OrderFacts): Promise<void>
}

await measured(async (options, onReady) => {
  const pool = await shopDatabase(options, 24)
  const broker = new ServiceBroker({
    logger: { type: 'Console', options: { level: 'error' } },
    middlewares: [Middleware({ adapter: `redis://127.0.0.1:${options.redisPort}` } as MiddlewareOptions)]
  })
  const { sendToChannel } = broker as unknown as WithChannels
  const channels: WithChannels = { sendToChannel: sendToChannel.bind(broker) }
  const step = (effect: Effect, next: (order: OrderFacts) => Promise<void> | void): object => ({
    maxInFlight: 64,
    async handler(order: OrderFacts): Promise<void> {
      await effect((text, values) => pool.query(text, [...values]), [order])
      await next(order)
    }
  })
  const service = (name: string, heard: Readonly<Record<string, object>>): void => {
    broker.createService({ name, channels: heard } as ServiceSchema)
  }
  service('sales', {
    'order.place': step(accept, (order) => channels.sendToChannel('order.accepted', order)),
    'order.shipped': step(makeReady, (order) => onReady(order.index))
  })
  service('billing', {
    'order.accepted': step(charge, (order) => channels.sendToChannel('customer.billed', order))
  })
  service('fulfilment', {
    'customer.billed': step(ship, (order) => channels.sendToChannel('order.shipped', order))
  })
  await broker.start()
  return {
    place: (index) => channels.sendToChannel('order.place', orderFacts(index)),
    wrong: (count) => wrongTables(pool, count),
    stop: () => broker.stop()
  }
})
