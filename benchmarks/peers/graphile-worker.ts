// A program: graphile-worker on PostgreSQL, synchronous_commit on.
//
// Each step is a task. An order is placed, and each step taken, in one transaction with the job that follows
// (`graphile_worker.add_job`); a job is completed apart from that, so that a step may be repeated, by then without
// effect. 24 jobs at a time, fetched 100 at once into the local queue and completed in groups, as its guide advises for
// many short jobs; LISTEN/NOTIFY wakes it.
import { Logger, run, type TaskList } from 'graphile-worker'
import type pg from 'pg'
import { measured } from './peer.ts'
import {
  accept,
  charge,
  type Effect,
  type Execute,
  inTransaction,
  makeReady,
  type OrderFacts,
  orderFacts,
  ship,
  shopDatabase,
  wrongTables
} from './tables.ts'

const concurrentJobs = 24

const executeOn =
  (client: pg.Pool | pg.PoolClient): Execute =>
  (text, values) =>
    client.query(text, [...values])

await measured(async (options, onReady) => {
  const pool = await shopDatabase(options, concurrentJobs + 16)

  const take = (order: OrderFacts, effect: Effect, next: string): Promise<void> =>
    inTransaction(pool, async (client) => {
      await effect(executeOn(client), [order])
      await client.query('SELECT FROM graphile_worker.add_job($1, $2::json)', [next, JSON.stringify(order)])
    })
  const taskList: TaskList = {
    charge: (order) => take(order as OrderFacts, charge, 'ship'),
    ship: (order) => take(order as OrderFacts, ship, 'ready'),
    ready: async (given) => {
      const order = given as OrderFacts
      await makeReady(executeOn(pool), [order])
      onReady(order.index)
    }
  }
  const runner = await run({
    pgPool: pool,
    taskList,
    noHandleSignals: true,
    logger: new Logger(() => (level, message) => {
      if (level === 'error') console.error(message)
    }),
    preset: {
      worker: {
        concurrentJobs,
        localQueue: { size: 100 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0
      }
    }
  })
  return {
    place: (index) => take(orderFacts(index), accept, 'charge'),
    wrong: (count) => wrongTables(pool, count),
    stop: () => runner.stop()
  }
})
