// A program: Emmett with its event store on PostgreSQL, synchronous_commit on.
//
// Orders, accounts and shippings are streams with a decider each. An order is placed when its first event is appended; a
// reactor of billing and one of fulfilment, each with a consumer of its own that pulls as often as it does by default,
// handle the commands that follow, one after the other: this version declares a handler of whole batches, too, but never
// calls it. A reactor keeps its checkpoint apart from what it appends, so that a step may be repeated: the deciders then
// decide nothing. The read model is an inline projection: it is committed with the events that it shows, so that the last
// step is part of the one before it.
//
// Appends take turns here. Side by side they are lost to consumers: these read in the order of transactions, but go on
// from the highest position, and an event of a later transaction with a lower position is never read.
import { type Command, DeciderCommandHandler, type Event, projections } from '@event-driven-io/emmett'
import { getPostgreSQLEventStore, pongoMultiStreamProjection } from '@event-driven-io/emmett-postgresql'
import { pongoClient } from '@event-driven-io/pongo'
import pg from 'pg'
import { type OrderLine, orderLines } from '../pipeline/workload.ts'
import { measured } from './peer.ts'
import { wrongNumbers } from './proof.ts'
import { type OrderFacts, orderFacts } from './tables.ts'
import { Turns } from './turns.ts'

type Facts = { index: number; orderId: string; customerId: string; pence: number }
type OrderAccepted = Event<'OrderAccepted', Facts & { lines: readonly OrderLine[] }>
type CustomerBilled = Event<'CustomerBilled', Facts>
type OrderReady = Event<'OrderReadyForShipping', Facts>
type PlaceOrder = Command<'PlaceOrder', Facts>
type Charge = Command<'Charge', Facts>
type Ship = Command<'Ship', Facts>

const placing = DeciderCommandHandler<{ isAccepted: boolean }, PlaceOrder, OrderAccepted>({
  initialState: () => ({ isAccepted: false }),
  evolve: () => ({ isAccepted: true }),
  decide: ({ data }, { isAccepted }) =>
    isAccepted ? [] : { type: 'OrderAccepted', data: { ...data, lines: orderLines(data.index) } }
})

const charging = DeciderCommandHandler<{ charged: Set<string> }, Charge, CustomerBilled>({
  initialState: () => ({ charged: new Set() }),
  evolve: ({ charged }, { data }) => ({ charged: charged.add(data.orderId) }),
  decide: ({ data }, { charged }) => (charged.has(data.orderId) ? [] : { type: 'CustomerBilled', data })
})

const shipping = DeciderCommandHandler<{ isReady: boolean }, Ship, OrderReady>({
  initialState: () => ({ isReady: false }),
  evolve: () => ({ isReady: true }),
  decide: ({ data }, { isReady }) => (isReady ? [] : { type: 'OrderReadyForShipping', data })
})

type OrderRow = { _id?: string; status: string; customerId: string; total: number }

const collectionName = 'orders'
const orders = pongoMultiStreamProjection<OrderRow, OrderAccepted | OrderReady>({
  collectionName,
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
  const appends = new Turns()
  await store.schema.migrate()
  // It would be made by whoever needs it first, and many do at once.
  const client = pongoClient(connectionString)
  await client.db().collection(collectionName).createCollection()
  await client.close()

  const billing = store.consumer<OrderAccepted>()
  billing.reactor<OrderAccepted>({
    processorId: 'billing',
    canHandle: ['OrderAccepted'],
    eachMessage: async ({ data: { lines: _, ...facts } }) => {
      await appends.run(
        () => charging(store, `account-${facts.customerId}`, { type: 'Charge', data: facts }),
        true
      )
    }
  })
  const fulfilment = store.consumer<CustomerBilled>()
  fulfilment.reactor<CustomerBilled>({
    processorId: 'fulfilment',
    canHandle: ['CustomerBilled'],
    eachMessage: async ({ data }) => {
      await appends.run(() => shipping(store, `shipping-${data.orderId}`, { type: 'Ship', data }), true)
      onReady(data.index)
    }
  })
  let isStopping = false
  const ended = (how: unknown): void => {
    if (isStopping) return
    // A reactor that fails ends its consumer without a word.
    console.error('A consumer of Emmett has ended.', how)
    process.exit(1)
  }
  for (const consumer of [billing, fulfilment]) consumer.start().then(ended, ended)

  const counted = async (sql: string): Promise<number> => Number((await pool.query(sql)).rows[0]?.count)
  return {
    place(index) {
      const { orderId, ...facts }: OrderFacts = orderFacts(index)
      return appends.run(() => placing(store, orderId, { type: 'PlaceOrder', data: { orderId, ...facts } }))
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
      isStopping = true
      await Promise.all([billing.close(), fulfilment.close()])
      await store.close()
    }
  }
})
