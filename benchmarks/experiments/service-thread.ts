// A worker thread that runs one service, engine and store; the others are in threads of their own.
import { join } from 'node:path'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { ServiceDefinition } from 'skerry'
import { guardedEffects, pinoLog, systemClock, systemIds } from 'skerry/node'
import type { Batch, Store } from 'skerry/ports'
import { type CommandRequest, startSystem } from 'skerry/runtime'
import { sqliteStore } from 'skerry/sqlite'
import { orderSystem } from '../pipeline/orders.ts'
import { readyOrders } from '../pipeline/ready-orders.ts'
import { threadBus } from './thread-bus.ts'

/** What a thread is started with. */
export interface ThreadData {
  readonly service: string
  readonly directory: string
  readonly ports: ReadonlyMap<string, MessagePort>
}

/** What a thread tells the one that started it. */
export interface ThreadNews {
  readonly begun?: true
  readonly answered?: readonly number[]
  readonly ready?: readonly number[]
  readonly stopped?: readonly string[]
}

/** A command with the number under which it is answered. */
export interface NumberedCommand {
  readonly number: number
  readonly request: CommandRequest
}

const { service, directory, ports } = workerData as ThreadData
const whole = orderSystem()

/** A service that another thread runs: nothing of it is here but its name. */
function elsewhere({ name, contract }: ServiceDefinition): ServiceDefinition {
  return { name, contract, units: new Map(), machineOf: new Map() }
}

const system = {
  name: whole.name,
  services: new Map([...whole.services].map(([name, one]) => [name, name === service ? one : elsewhere(one)]))
}

let answered: number[] = []
let ready: number[] = []
let toldSoon = false

/** What happens in one turn of the loop goes in one message. */
function tellSoon(): void {
  if (toldSoon) return
  toldSoon = true
  setImmediate(() => {
    toldSoon = false
    parentPort?.postMessage({ answered, ready } satisfies ThreadNews)
    answered = []
    ready = []
  })
}

function onBatch(batch: Batch): void {
  for (const index of readyOrders(batch)) {
    ready.push(index)
    tellSoon()
  }
}

async function openStore(name: string): Promise<Store> {
  // What runs elsewhere gets a file that stays empty.
  const file = name === service ? `${name}.db` : `${service}-without-${name}.db`
  const store = await sqliteStore({ service: name, file: join(directory, file) })
  if (name !== 'sales') return store
  const commit = store.commit.bind(store)
  store.commit = async (batch) => {
    const committed = await commit(batch)
    onBatch(batch)
    return committed
  }
  return store
}

const running = await startSystem(system, {
  openStore,
  bus: threadBus(service, ports),
  clock: systemClock(),
  ids: systemIds(),
  log: pinoLog({ level: 'warn' }),
  effects: () => guardedEffects()
})
parentPort?.postMessage({ begun: true } satisfies ThreadNews)

async function stop(): Promise<void> {
  await running.idle()
  const stopped = await running.service(service).check()
  await running.stop()
  parentPort?.postMessage({ stopped } satisfies ThreadNews)
  parentPort?.close()
  for (const port of ports.values()) port.close()
}

parentPort?.on('message', (commands: readonly NumberedCommand[] | 'stop') => {
  if (commands === 'stop') {
    void stop()
    return
  }
  for (const { number, request } of commands)
    void running
      .service(service)
      .send(request)
      .then(() => {
        answered.push(number)
        tellSoon()
      })
})
