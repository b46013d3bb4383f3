// A program: orders come at a fixed rate, whatever becomes of the earlier ones.
import { answer, childOptions } from '../child.ts'
import { peakRssMb } from '../memory.ts'
import { quantile, rounded } from '../quantile.ts'
import { atRate } from './at-rate.ts'
import type { PipelinePlace } from './place.ts'
import { provedWrong } from './proof.ts'
import { startOrders } from './running-orders.ts'

/** What is to be run. */
export interface SteadyRateOptions {
  readonly directory: string
  readonly perS: number
  readonly orders: number
  /** Orders before those that count, at the same rate. */
  readonly warmUp: number
  /** Where the services are; on SQLite in this process when nothing is said. */
  readonly place?: PipelinePlace
}

/** What came of it. Latency is from the time at which an order was to be sent. */
export interface SteadyRateResult {
  readonly completedPerS: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly rssMb: number
  readonly problems: readonly string[]
}

const { directory, perS, orders, warmUp, place } = childOptions<SteadyRateOptions>()
const total = warmUp + orders
const readyMs = new Float64Array(total)
let ready = 0
let done: (() => void) | undefined
const allReady = new Promise<void>((resolve) => {
  done = resolve
})

const running = await startOrders({
  directory,
  ...(place === undefined ? {} : { place }),
  onReady: (index) => {
    readyMs[index] = performance.now()
    ready += 1
    if (ready === total) done?.()
  }
})
const alive = setInterval(() => undefined, 1_000)
const dueMs = await atRate(perS, total, (index) => running.placeOrder(index))
await allReady
const completedMs = performance.now() - dueMs(warmUp)
const rssMb = peakRssMb()
await running.idle()
const problems = await provedWrong(running, total, true)
await running.parts.end()
await running.stop()
clearInterval(alive)

const latencies = readyMs.map((ms, index) => ms - dueMs(index)).subarray(warmUp)
const result: SteadyRateResult = {
  completedPerS: rounded((orders / completedMs) * 1_000),
  p50Ms: rounded(quantile(latencies, 0.5), 2),
  p99Ms: rounded(quantile(latencies, 0.99), 2),
  maxMs: rounded(quantile(latencies, 1), 2),
  rssMb,
  problems
}
answer(result)
