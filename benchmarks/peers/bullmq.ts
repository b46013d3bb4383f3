// A program: BullMQ on Redis or Valkey with `appendonly yes` and `appendfsync always`; what the services know is in
// PostgreSQL, synchronous_commit on.
//
// Each step is a queue with a worker of 64 jobs at a time. An order is placed by adding its first job, which Redis
// answers when it is on the disk; each worker brings its effect about and then adds the next job under the order's own
// id. There is no transaction over both, so that a step may be repeated, by then without effect. Completed jobs are
// removed but for the last thousand.
import { Queue, Worker } from 'bullmq'
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

const concurrency = 64
const steps: readonly (readonly [queue: string, effect: Effect])[] = [
  ['accept', accept],
  ['charge', charge],
  ['ship', ship],
  ['ready', makeReady]
]

await measured(async (options, onReady) => {
  const pool = await shopDatabase(options, 24)
  const connection = { host: '127.0.0.1', port: options.redisPort ?? 0 }
  const queues = steps.map(([name]) => {
    const defaultJobOptions = { removeOnComplete: 1_000, attempts: 5 }
    return new Queue<OrderFacts>(name, { connection, defaultJobOptions })
  })
  const add = async (at: number, order: OrderFacts): Promise<void> => {
    await queues[at]?.add('order', order, { jobId: order.orderId })
  }
  const workers = steps.map(([name, effect], at) => {
    const take = async ({ data }: { readonly data: OrderFacts }): Promise<void> => {
      await effect((text, values) => pool.query(text, [...values]), [data])
      if (at + 1 < steps.length) await add(at + 1, data)
      else onReady(data.index)
    }
    const worker = new Worker<OrderFacts>(name, take, { connection, concurrency })
    worker.on('error', (error) => console.error(error))
    return worker
  })
  return {
    place: (index) => add(0, orderFacts(index)),
    wrong: (count) => wrongTables(pool, count),
    async stop() {
      await Promise.all(workers.map((worker) => worker.close()))
      await Promise.all(queues.map((queue) => queue.close()))
    }
  }
})
