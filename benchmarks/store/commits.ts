// A program: three stores take the batches of the pipeline, with nothing else done.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Batch, Store } from 'skerry/ports'
import { sqliteStore } from 'skerry/sqlite'
import { answer, childOptions } from '../child.ts'
import { peakRssMb } from '../memory.ts'
import { orderKey } from '../pipeline/workload.ts'
import { quantile, rounded } from '../quantile.ts'
import { type Group, Mix } from './mix.ts'

/** What is to be run. */
export interface CommitsOptions {
  readonly directory: string
  readonly orders: number
  readonly group: number
  readonly keys: 'in order' | 'random'
}

/** What came of it. */
export interface CommitsResult {
  readonly ordersPerS: number
  readonly cpuUsPerOrder: number
  readonly writtenPerOrder: number
  readonly commitP50Ms: number
  readonly commitP99Ms: number
  readonly rssMb: number
  readonly correct: boolean
}

const { directory, orders, group, keys } = childOptions<CommitsOptions>()
const open = (service: string): Promise<Store> =>
  sqliteStore({ service, file: join(directory, `${service}.db`) })
const sales = await open('sales')
const billing = await open('billing')
const fulfilment = await open('fulfilment')
await sales.addGeneration('orders', 1, 1, ['status'], 'live')

const random: string[] = []
const mix = new Mix(keys === 'in order' ? orderKey : (index) => (random[index] ??= randomUUID()))
const commitMs: number[] = []
const logRowsPerOrder = 4
/** How many groups later the last part of the way of an order is written. */
const groupsUnderWay = 4

function groupAt(number: number): Group {
  const first = number * group
  if (first < 0 || first >= orders) return []
  return Array.from({ length: Math.min(group, orders - first) }, (_, index) => first + index)
}

async function commit(store: Store, batch: Batch): Promise<void> {
  const began = performance.now()
  await store.commit(batch)
  commitMs.push(performance.now() - began)
}

/** Bytes that this process has handed to the system so far. */
function written(): number {
  return Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}

const bytes = written()
const cpu = process.cpuUsage()
const began = performance.now()
for (let number = 0; number * group < orders + groupsUnderWay * group; number++) {
  await commit(sales, mix.sales(groupAt(number), groupAt(number - 1), groupAt(number - groupsUnderWay)))
  await commit(billing, mix.billing(groupAt(number - 1), groupAt(number - 2)))
  await commit(fulfilment, mix.fulfilment(groupAt(number - 1), groupAt(number - 3)))
}
const ms = performance.now() - began
const { user, system } = process.cpuUsage(cpu)
const bytesWritten = written() - bytes
let rows = 0
for (const store of [sales, billing, fulfilment]) {
  rows += (await store.heads()).reduce((sum, head) => sum + head, 0)
  await store.close()
}
const result: CommitsResult = {
  ordersPerS: rounded((orders / ms) * 1_000),
  cpuUsPerOrder: rounded((user + system) / orders, 1),
  writtenPerOrder: rounded(bytesWritten / orders),
  commitP50Ms: rounded(quantile(commitMs, 0.5), 2),
  commitP99Ms: rounded(quantile(commitMs, 0.99), 2),
  rssMb: peakRssMb(),
  correct: rows === orders * logRowsPerOrder
}
answer(result)
