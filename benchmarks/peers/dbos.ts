// A program: DBOS on PostgreSQL, synchronous_commit on; its tables and those of the services in the same database.
//
// An order is a workflow under the order's own id, with a step for each of the four effects. It is placed when the start
// of its workflow is recorded; each step is recorded when it has been taken, apart from its effect, which may be repeated
// after a crash, by then without effect. Workflows run at once in this process, without a queue between.
import { DBOS } from '@dbos-inc/dbos-sdk'
import { measured } from './peer.ts'
import {
  accept,
  charge,
  type Execute,
  makeReady,
  type OrderFacts,
  orderFacts,
  ship,
  shopDatabase,
  wrongTables
} from './tables.ts'

await measured(async (options, onReady) => {
  const pool = await shopDatabase(options, 20)
  const execute: Execute = (text, values) => pool.query(text, [...values])
  const { port, database } = options.postgres

  const fulfil = async (order: OrderFacts): Promise<void> => {
    await DBOS.runStep(() => accept(execute, [order]), { name: 'accept' })
    await DBOS.runStep(() => charge(execute, [order]), { name: 'charge' })
    await DBOS.runStep(() => ship(execute, [order]), { name: 'ship' })
    await DBOS.runStep(() => makeReady(execute, [order]), { name: 'ready' })
    onReady(order.index)
  }
  const workflow = DBOS.registerWorkflow(fulfil, { name: 'fulfil' })
  DBOS.setConfig({
    name: 'orders',
    systemDatabaseUrl: `postgresql://postgres@127.0.0.1:${port}/${database}`,
    systemDatabasePoolSize: 20,
    logLevel: 'error'
  })
  await DBOS.launch()
  return {
    place(index) {
      const order = orderFacts(index)
      return DBOS.startWorkflow(workflow, { workflowID: order.orderId })(order)
    },
    wrong: (count) => wrongTables(pool, count),
    stop: () => DBOS.shutdown()
  }
})
