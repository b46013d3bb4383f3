// A program: clients that each send their next order when the last is answered.
import type { Store } from 'skerry/ports'
import type { SqliteStoreOptions } from 'skerry/sqlite'
import { answer, childOptions } from '../child.ts'
import { StoreThread } from '../experiments/threaded-store.ts'
import { peakRssMb } from '../memory.ts'
import { quantile, rounded } from '../quantile.ts'
import type { PipelinePlace } from './place.ts'
import { provedWrong } from './proof.ts'
import { startOrders } from './running-orders.ts'
import { type ServerUse, serverUse, serverUseSince } from './server-use.ts'

/** What is to be run. */
export interface ClosedLoopOptions {
  readonly directory: string
  readonly clients: number
  readonly orders: number
  /** Orders before those that count. */
  readonly warmUp: number
  /** The first order's index: so many are in the files already. */
  readonly from: number
  /** Whether every state is folded again afterwards; the money is always counted. */
  readonly deep: boolean
  /** Where the stores are: in the thread of the engines, or in one or several others. */
  readonly stores?: 'here' | 'in-a-thread' | 'in-threads'
  /** Where the services are; on SQLite in this process when nothing is said. */
  readonly place?: PipelinePlace
}

/** What came of it. */
export interface ClosedLoopResult {
  readonly acceptedPerS: number
  readonly completedPerS: number
  readonly answerP50Ms: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Time that all processes of services were on a processor: what is left of the figure when the machine is shared. */
  readonly cpuUsPerOrder: number
  /** Of that, each service, where they are apart; the clients are in the process of sales. */
  readonly cpuUsPerOrderOf?: Readonly<Record<string, number>>
  /** What servers used for an order while it was measured, where there are any. */
  readonly servers?: ServerUse
  readonly rssMb: number
  readonly problems: readonly string[]
}

const {
  directory,
  clients,
  orders,
  warmUp,
  from,
  deep,
  stores = 'here',
  place
} = childOptions<ClosedLoopOptions>()
const sentMs = new Float64Array(warmUp + orders)
const readyMs = new Float64Array(warmUp + orders)
const answeredMs = new Float64Array(warmUp + orders)
let ready = from
let tell: (() => void) | undefined

const threads: StoreThread[] = []
function open(options: SqliteStoreOptions): Promise<Store> {
  if (stores === 'in-threads' || threads.length === 0) threads.push(new StoreThread())
  return (threads.at(-1) as StoreThread).open(options)
}

const running = await startOrders({
  directory,
  ...(stores === 'here' ? {} : { open }),
  ...(place === undefined ? {} : { place }),
  onReady: (index) => {
    readyMs[index - from] = performance.now()
    ready += 1
    tell?.()
  }
})
// The library's own clock keeps no process alive.
const alive = setInterval(() => undefined, 1_000)

async function load(first: number, end: number): Promise<void> {
  let next = first
  const client = async (): Promise<void> => {
    while (next < end) {
      const index = next
      next += 1
      sentMs[index - from] = performance.now()
      await running.placeOrder(index)
      answeredMs[index - from] = performance.now()
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
}

async function allReady(count: number): Promise<void> {
  await new Promise<void>((resolve) => {
    tell = () => {
      if (ready === count) resolve()
    }
    tell()
  })
  tell = undefined
}

// Files that were filled before must leave nothing to be caught up with: it would be measured too.
for (const service of running.services.values())
  for (const { subscription, source, pending } of (await service.status()).subscriptions)
    if (pending > 0)
      throw new Error(`${service.definition.name}/${subscription} has ${pending} of ${source} before it.`)

const measured = from + warmUp
await load(from, measured)
await allReady(measured)
running.parts.mark()
const pids = place?.servers ?? {}
const useBefore = serverUse(pids)
const cpuBefore = process.cpuUsage()
const startMs = performance.now()
await load(measured, measured + orders)
const acceptedMs = performance.now() - startMs
await allReady(measured + orders)
const completedMs = performance.now() - startMs
const { user, system } = process.cpuUsage(cpuBefore)
const servers = serverUseSince(useBefore, pids, orders)
running.parts.mark()
const rssMb = peakRssMb()

await running.idle()
const problems = await provedWrong(running, measured + orders, deep)
const elsewhereUs = await running.parts.end()
const elsewhereAllUs = Object.values(elsewhereUs).reduce((sum, us) => sum + us, 0)
const perOrder = (us: number): number => rounded(us / orders, 1)
await running.stop()
await Promise.all(threads.map((thread) => thread.close()))
clearInterval(alive)

/** In one process there is nothing to tell apart. */
function cpuUsPerOrderOf(): Record<string, number> {
  if (elsewhereAllUs === 0) return {}
  const all: Record<string, number> = { ...elsewhereUs, sales: (elsewhereUs['sales'] ?? 0) + user + system }
  return Object.fromEntries(Object.entries(all).map(([service, us]) => [service, perOrder(us)]))
}

const since = (ms: number, index: number): number => ms - (sentMs[warmUp + index] ?? 0)
const latencies = readyMs.subarray(warmUp).map(since)
const answers = answeredMs.subarray(warmUp).map(since)
const result: ClosedLoopResult = {
  acceptedPerS: rounded((orders / acceptedMs) * 1_000),
  completedPerS: rounded((orders / completedMs) * 1_000),
  answerP50Ms: rounded(quantile(answers, 0.5), 1),
  p50Ms: rounded(quantile(latencies, 0.5), 1),
  p99Ms: rounded(quantile(latencies, 0.99), 1),
  cpuUsPerOrder: perOrder(user + system + elsewhereAllUs),
  cpuUsPerOrderOf: cpuUsPerOrderOf(),
  servers,
  rssMb,
  problems
}
answer(result)
