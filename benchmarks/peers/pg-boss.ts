// A program: pg-boss on PostgreSQL, synchronous_commit on.
//
// Each step is a queue. An order is placed in one transaction with the job that follows (`send` with `db`); the steps
// between run in workers with `transactional`, so that effect, completion and the next job are one commit, in batches
// (`insert`) of up to 50; the last completes apart from its effect, which may be repeated. Workers are woken by
// LISTEN/NOTIFY and go on at once while batches are full.
import { PgBoss } from 'pg-boss'
import { measured } from './peer.ts'
import {
  accept,
  charge,
  type Execute,
  inTransaction,
  makeReady,
  type OrderFacts,
  orderFacts,
  ship,
  shopDatabase,
  wrongTables
} from './tables.ts'

const working = {
  batchSize: 50,
  localConcurrency: 2,
  pollingIntervalSeconds: 0.5,
  notifyPollingIntervalSeconds: 0.5,
  burstWhenBatchFull: true
} as const

await measured(async (options, onReady) => {
  const pool = await shopDatabase(options, 20)
  const { port, database } = options.postgres
  const boss = new PgBoss({
    host: '127.0.0.1',
    port,
    database,
    user: 'postgres',
    max: 20,
    useListenNotify: true
  })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  for (const queue of ['charge', 'ship', 'ready']) await boss.createQueue(queue, { notify: true })

  const step = (
    queue: string,
    effect: (execute: Execute, orders: readonly OrderFacts[]) => Promise<void>,
    next: string
  ): Promise<string> =>
    boss.work<OrderFacts, void, typeof working & { transactional: true }>(
      queue,
      { ...working, transactional: true },
      async (jobs, tx) => {
        const orders = jobs.map((job) => job.data)
        await effect((text, values) => tx.executeSql(text, [...values]), orders)
        await boss.insert(
          next,
          orders.map((data) => ({ data })),
          { db: tx }
        )
      }
    )
  await step('charge', charge, 'ship')
  await step('ship', ship, 'ready')
  await boss.work<OrderFacts>('ready', working, async (jobs) => {
    const orders = jobs.map((job) => job.data)
    await makeReady((text, values) => pool.query(text, [...values]), orders)
    for (const { index } of orders) onReady(index)
  })

  return {
    place: (index) =>
      inTransaction(pool, async (client) => {
        const order = orderFacts(index)
        const execute: Execute = (text, values) => client.query(text, [...values])
        await accept(execute, [order])
        await boss.send('charge', order, { db: { executeSql: (text, values) => client.query(text, values) } })
      }),
    wrong: (count) => wrongTables(pool, count),
    stop: () => boss.stop({ graceful: true, timeout: 5_000 })
  }
})
