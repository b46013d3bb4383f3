// A program: one service of the pipeline in a process of its own, until its standard input ends.
import { gateway } from 'skerry/gateway'
import { guardedEffects, pinoLog, systemClock, systemIds } from 'skerry/node'
import { startSystem } from 'skerry/runtime'
import { answer, childOptions } from '../child.ts'
import { orderSystem } from './orders.ts'
import { hearOthers } from './other-instances.ts'
import { openBus, openStore, type PipelinePlace } from './place.ts'
import { watched } from './ready-orders.ts'

/** What is to be run. */
export interface PartOptions {
  readonly directory: string
  readonly place: PipelinePlace
  readonly service: string
  readonly port: number
}

/** Processor time from the first line on its standard input to the second. */
export interface PartResult {
  readonly cpuUs: number
}

const { directory, place, service, port } = childOptions<PartOptions>()
const log = pinoLog({ level: 'error' })
const [clock, ids] = [systemClock(), systemIds()]
const bus = await openBus(place, [service], log)
const tell = (indexes: readonly number[]): boolean => process.stdout.write(`orders ${indexes.join()}\n`)
const running = await startSystem(
  orderSystem(),
  {
    openStore: async (name) => {
      const store = await openStore(place, name, directory)
      return name === 'sales' ? watched(store, tell) : store
    },
    bus,
    clock,
    ids,
    log,
    effects: () => guardedEffects()
  },
  { only: [service], instance: { url: `http://127.0.0.1:${port}` } }
)
const endHearing = await hearOthers(running, place, [service])
const edge = await gateway({ system: running, bus, clock, ids, log, port, host: '127.0.0.1' })
console.log('ready')

let before = process.cpuUsage()
let cpuUs = 0
let lines = 0
process.stdin.on('data', (text) => {
  for (const _ of text.toString().matchAll(/\n/g)) {
    lines += 1
    if (lines === 1) before = process.cpuUsage()
    else {
      const { user, system } = process.cpuUsage(before)
      cpuUs = user + system
    }
  }
})
process.stdin.on('end', () => {
  void edge
    .close()
    .then(() => running.stop())
    .then(endHearing)
    .then(() => {
      const result: PartResult = { cpuUs }
      answer(result)
      process.exit(0)
    })
})
