// A program: the rows that the pipeline writes, by bare `pg`, in groups of a fixed size, with nothing else done.
import { answer, childOptions } from '../child.ts'
import { rounded } from '../quantile.ts'
import {
  accepted,
  BarePostgres,
  charged,
  charging,
  heardBySales,
  partitions,
  type Rows,
  shipped
} from './bare-postgres.ts'
import type { LimitResult } from './limit.ts'

/** What is to be run. */
export interface PostgresLimitOptions {
  readonly port: number
  readonly database: string
  readonly orders: number
  readonly group: number
  /** How many groups are under way at a time, each on connections of its own. */
  readonly lanes: number
}

const { port, database, orders, group, lanes } = childOptions<PostgresLimitOptions>()
const bare = await BarePostgres.open({ port, database, connections: 3 * lanes })

const both = (one: Rows, other: Rows): Rows => ({
  log: [...one.log, ...other.log],
  states: [...one.states, ...other.states],
  checkpoints: [...one.checkpoints, ...other.checkpoints]
})

/** Three transactions, one a service: what the pipeline needs several turns for is at hand here all at once. */
async function run(first: number, end: number): Promise<void> {
  const indexes = Array.from({ length: end - first }, (_, index) => first + index)
  const partition = (first / group) % partitions
  await Promise.all([
    bare.commit('sales', partition, { ...accepted(indexes), checkpoints: heardBySales }, indexes),
    bare.commit('billing', partition, both(charging(indexes), charged(indexes))),
    bare.commit('fulfilment', partition, shipped(indexes))
  ])
}

async function all(first: number, end: number): Promise<void> {
  let next = first
  const lane = async (): Promise<void> => {
    while (next < end) {
      const from = next
      next += group
      await run(from, from + group)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

const warmUp = Math.min(5_000, orders)
await all(0, warmUp)
const cpuBefore = process.cpuUsage()
const startMs = performance.now()
await all(warmUp, warmUp + orders)
const elapsedMs = performance.now() - startMs
const { user, system } = process.cpuUsage(cpuBefore)
await bare.close()
const result: LimitResult = {
  completedPerS: rounded((orders / elapsedMs) * 1_000),
  cpuUsPerOrder: rounded((user + system) / orders, 1)
}
answer(result)
