// A program: the commits that an order needs, one after the other by bare `pg`, at a fixed rate of orders.
import { answer, childOptions } from '../child.ts'
import { quantile, rounded } from '../quantile.ts'
import { atRate } from './at-rate.ts'
import {
  accepted,
  BarePostgres,
  charged,
  charging,
  heardBySales,
  partitions,
  shipped
} from './bare-postgres.ts'

/** What is to be run. */
export interface PostgresSteadyLimitOptions {
  readonly port: number
  readonly database: string
  readonly perS: number
  readonly orders: number
  /** Orders before those that count, at the same rate. */
  readonly warmUp: number
}

/** What came of it. Latency is from the time at which an order was to be sent. */
export interface SteadyLimitResult {
  readonly p50Ms: number
  readonly p99Ms: number
}

const { port, database, perS, orders, warmUp } = childOptions<PostgresSteadyLimitOptions>()
const bare = await BarePostgres.open({ port, database, connections: 24 })

/** Each waits for the one before, as the services wait for each other's news. */
async function order(index: number): Promise<void> {
  const [one, partition] = [[index], index % partitions]
  await bare.commit('sales', partition, accepted(one))
  await bare.commit('billing', partition, charging(one))
  await bare.commit('billing', partition, charged(one))
  await bare.commit('fulfilment', partition, shipped(one))
  await bare.commit('sales', partition, { log: [], states: [], checkpoints: heardBySales }, one)
}

const readyMs: number[] = []
const dueMs = await atRate(perS, warmUp + orders, async (index) => {
  await order(index)
  readyMs[index] = performance.now()
})
await bare.close()
const latencies = Float64Array.from(readyMs, (ms, index) => ms - dueMs(index)).subarray(warmUp)
const result: SteadyLimitResult = {
  p50Ms: rounded(quantile(latencies, 0.5), 2),
  p99Ms: rounded(quantile(latencies, 0.99), 2)
}
answer(result)
