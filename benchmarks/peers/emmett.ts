// A program: Emmett with its event store on PostgreSQL, synchronous_commit on.
//
// Orders, accounts and shippings are streams with a decider each. An order is placed when its first event is appended; a
// reactor of billing and one of fulfilment, each with a consumer of its own that pulls as often as it does by default,
// handle the commands that follow, the streams of a batch side by side. A reactor keeps its checkpoint apart from what it
// appends, so that a step may be repeated: the deciders then decide nothing. The read model is an inline projection: it
// is committed with the events that it shows, so that the last step is part of the one before it.
import { type Command, DeciderCommandHandler, type Event, projections } from '@event-driven-io/emmett'
import { getPostgreSQLEventStore, pongoMultiStreamProjection } from '@event-driven-io/emmett-postgresql'
import pg from 'pg'
import { type OrderLine, orderLines } from '../pipeline/workload.ts'
import { measured } from './peer.ts'
import { wrongNumbers } from './proof.ts'
import { type OrderFacts, orderFacts } from './tables.ts'

// The tables of the projection are made when it is first used, and whoever is not the first is in conflict then.
const retry = { onVersionConflict: true } as const

type Facts = { index: number; orderId: string; customerId: string; pence: number }
type OrderAccepted = Event<'OrderAccepted', Facts & { lines: readonly OrderLine[] }>
type CustomerBilled = Event<'CustomerBilled', Facts>
type OrderReady = Event<'OrderReadyForShipping', Facts>
type PlaceOrder = Command<'PlaceOrder', Facts>
type Charge = Command<'Charge', Facts>
type Ship = Command<'Ship', Facts>

const placing = DeciderCommandHandler<{ isAccepted: boolean }, PlaceOrder, OrderAccepted>({
  retry,
  initialState: () => ({ isAccepted: false }),
  evolve: () => ({ isAccepted: true }),
  decide: ({ data }, { isAccepted }) =>
    isAccepted ? [] : { type: 'OrderAccepted', data: { ...data, lines: orderLines(data.index) } }
})

const charging = DeciderCommandHandler<{ charged: Set<string> }, Charge, CustomerBilled>({
  retry,
  initialState: () => ({ charged: new Set() }),
  evolve: ({ charged }, { data }) => ({ charged: charged.add(data.orderId) }),
  decide: ({ data }, { charged }) => (charged.has(data.orderId) ? [] : { type: 'CustomerBilled', data })
})

const shipping = DeciderCommandHandler<{ isReady: boolean }, Ship, OrderReady>({
  retry,
  initialState: () => ({ isReady: false }),
  evolve: () => ({ isReady: true }),
  decide: ({ data }, { isReady }) => (isReady ? [] : { type: 'OrderReadyForShipping', data })
})

type OrderRow = { _id?: string; status: string; customerId: string; total: number }

const orders = pongoMultiStreamProjection<OrderRow, OrderAccepted | OrderReady>({
  collectionName: 'orders',
  canHandle: ['OrderAccepted', 'OrderReadyForShipping'],
  getDocumentId: ({ data }) => data.orderId,
  initialState: () => ({ status: 'new', customerId: '', total: 0 }),
  evolve: (row: OrderRow, { type, data }: OrderAccepted | OrderReady): OrderRow => ({
    ...row,
    customerId: data.customerId,
    total: data.pence,
    status: type === 'OrderAccepted' ? 'accepted' : 'ready'
  })
})

/** What is to be done for each stream one after the other, and for the streams side by side. */
async function byStream<Message>(
  messages: readonly Message[],
  streamOf: (message: Message) => string,
  handle: (message: Message) => Promise<unknown>
): Promise<void> {
  const streams = new Map<string, Message[]>()
  for (const message of messages) {
    const stream = streamOf(message)
    streams.set(stream, [...(streams.get(stream) ?? []), message])
  }
  await Promise.all(
    [...streams.values()].map(async (own) => {
      for (const message of own) await handle(message)
    })
  )
}

const wrongSql = {
  ready: `SELECT count(*) FROM orders WHERE data ->> 'status' = 'ready'`,
  charged: `SELECT count(DISTINCT message_data ->> 'orderId') FROM emt_messages WHERE message_type = 'CustomerBilled'`,
  shipped: `SELECT count(*) FROM emt_messages WHERE message_type = 'OrderReadyForShipping'`,
  accounts: `SELECT message_data ->> 'customerId' AS customer, count(*), sum((message_data ->> 'pence')::bigint)
             FROM emt_messages WHERE message_type = 'CustomerBilled' GROUP BY 1`
}

await measured(async ({ postgres: { port, database } }, onReady) => {
  const connectionString = `postgresql://postgres@127.0.0.1:${port}/${database}`
  const pool = new pg.Pool({ connectionString, max: 20 })
  pool.on('error', (error) => console.error(error))
  const store = getPostgreSQLEventStore(connectionString, {
    projections: projections.inline([orders]),
    connectionOptions: { pool }
  })
  await store.schema.migrate()

  const billing = store.consumer<OrderAccepted>()
  billing.reactor<OrderAccepted>({
    processorId: 'billing',
    canHandle: ['OrderAccepted'],
    eachBatch: (events) =>
      byStream(
        events,
        ({ data }) => data.customerId,
        ({ data: { lines: _, ...facts } }) =>
          charging(store, `account-${facts.customerId}`, { type: 'Charge', data: facts })
      )
  })
  const fulfilment = store.consumer<CustomerBilled>()
  fulfilment.reactor<CustomerBilled>({
    processorId: 'fulfilment',
    canHandle: ['CustomerBilled'],
    eachBatch: (events) =>
      byStream(
        events,
        ({ data }) => data.orderId,
        async ({ data }) => {
          await shipping(store, `shipping-${data.orderId}`, { type: 'Ship', data })
          onReady(data.index)
        }
      )
  })
  const running = [billing.start(), fulfilment.start()]
  for (const consumer of running)
    consumer.catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })

  const counted = async (sql: string): Promise<number> => Number((await pool.query(sql)).rows[0]?.count)
  return {
    place(index) {
      const { orderId, ...facts }: OrderFacts = orderFacts(index)
      return placing(store, orderId, { type: 'PlaceOrder', data: { orderId, ...facts } })
    },
    async wrong(count) {
      const { rows } = await pool.query(wrongSql.accounts)
      return wrongNumbers(count, {
        ready: await counted(wrongSql.ready),
        charged: await counted(wrongSql.charged),
        shipped: await counted(wrongSql.shipped),
        accounts: rows.map((row) => [row.customer, Number(row.count), Number(row.sum)])
      })
    },
    async stop() {
      await Promise.all([billing.close(), fulfilment.close()])
      await store.close()
    }
  }
})
