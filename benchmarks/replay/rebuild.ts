// A program: rebuilds a projection beside the one that serves, over everything that was ever said.
import { answer, childOptions } from '../child.ts'
import { peakRssMb } from '../memory.ts'
import { startOrders } from '../pipeline/running-orders.ts'
import { rounded } from '../quantile.ts'

/** What is to be rebuilt. */
export interface RebuildOptions {
  readonly directory: string
  readonly projection: string
  /** How many events it folds. */
  readonly events: number
}

/** What came of it. */
export interface RebuildResult {
  readonly rows: number
  readonly eventsPerS: number
  /** Time that the process was on a processor: what is left of the figure when the machine is shared. */
  readonly cpuUsPerEvent: number
  readonly hashEqual: boolean
  readonly rssMb: number
}

const { directory, projection, events } = childOptions<RebuildOptions>()
const running = await startOrders({ directory, withCustomers: true })
const sales = running.service('sales')
// A projection that is new is first folded as its events come.
const alive = setInterval(() => undefined, 1_000)
await running.idle()
const before = await sales.rowsHash(projection)

const cpuBefore = process.cpuUsage()
const startMs = performance.now()
await sales.rebuild(projection)
await new Promise<void>((resolve, reject) => {
  const look = (): void => {
    sales.status().then(({ rebuilds }) => {
      const status = rebuilds.find((one) => one.unit === projection)
      if (status?.state === 'done') resolve()
      else if (status?.state === 'failed') reject(new Error(status.failure))
      else setTimeout(look, 10)
    }, reject)
  }
  look()
})
const elapsedMs = performance.now() - startMs
const { user, system } = process.cpuUsage(cpuBefore)
const rssMb = peakRssMb()
const after = await sales.rowsHash(projection)
await running.stop()
clearInterval(alive)

const result: RebuildResult = {
  rows: after.rows,
  eventsPerS: rounded((events / elapsedMs) * 1_000),
  cpuUsPerEvent: rounded((user + system) / events, 2),
  hashEqual: before.hash === after.hash && before.rows === after.rows,
  rssMb
}
answer(result)
