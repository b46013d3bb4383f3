// A program: the closed loop with a thread for each service and the clients in this one.
import { mkdirSync } from 'node:fs'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { answer, childOptions } from '../child.ts'
import { peakRssMb } from '../memory.ts'
import type { ClosedLoopOptions, ClosedLoopResult } from '../pipeline/closed-loop.ts'
import { customerId, orderKey, orderLines } from '../pipeline/workload.ts'
import { quantile, rounded } from '../quantile.ts'
import type { NumberedCommand, ThreadData, ThreadNews } from './service-thread.ts'

const { directory, clients, orders, warmUp } = childOptions<ClosedLoopOptions>()
mkdirSync(directory, { recursive: true })
const names = ['sales', 'billing', 'fulfilment']
const ports = new Map(names.map((name) => [name, new Map<string, MessagePort>()]))
for (const [index, one] of names.entries())
  for (const other of names.slice(index + 1)) {
    const { port1, port2 } = new MessageChannel()
    ports.get(one)?.set(other, port1)
    ports.get(other)?.set(one, port2)
  }

const total = warmUp + orders
const sentMs = new Float64Array(total)
const answeredMs = new Float64Array(total)
const readyMs = new Float64Array(total)
const waiting = new Map<number, () => void>()
const problems: string[] = []
let ready = 0
let begun = 0
let stopped = 0
let look: () => void = () => undefined

function hear(news: ThreadNews): void {
  const nowMs = performance.now()
  for (const index of news.answered ?? []) {
    answeredMs[index] = nowMs
    waiting.get(index)?.()
    waiting.delete(index)
  }
  for (const index of news.ready ?? []) readyMs[index] = nowMs
  ready += news.ready?.length ?? 0
  begun += news.begun ? 1 : 0
  stopped += news.stopped ? 1 : 0
  problems.push(...(news.stopped ?? []))
  look()
}

function until(reached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    look = () => {
      if (reached()) resolve()
    }
    look()
  })
}

const workers = names.map((service) => {
  const ofService = ports.get(service) ?? new Map<string, MessagePort>()
  const worker = new Worker(new URL('service-thread.ts', import.meta.url), {
    workerData: { service, directory, ports: ofService } satisfies ThreadData,
    transferList: [...ofService.values()]
  })
  worker.on('message', hear)
  return worker
})
await until(() => begun === names.length)

let commands: NumberedCommand[] = []
function send(index: number): Promise<void> {
  sentMs[index] = performance.now()
  const data = { customerId: customerId(index), lines: orderLines(index) }
  const last = commands.push({ number: index, request: { type: 'PlaceOrder', key: orderKey(index), data } })
  if (last === 1)
    setImmediate(() => {
      workers[0]?.postMessage(commands)
      commands = []
    })
  return new Promise((resolve) => waiting.set(index, resolve))
}

async function load(first: number, end: number): Promise<void> {
  let next = first
  const client = async (): Promise<void> => {
    while (next < end) {
      next += 1
      await send(next - 1)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
}

await load(0, warmUp)
await until(() => ready === warmUp)
const cpuBefore = process.cpuUsage()
const startMs = performance.now()
await load(warmUp, total)
const acceptedMs = performance.now() - startMs
await until(() => ready === total)
const completedMs = performance.now() - startMs
const { user, system } = process.cpuUsage(cpuBefore)
const rssMb = peakRssMb()
for (const worker of workers) worker.postMessage('stop')
await until(() => stopped === names.length)

const since = (ms: number, index: number): number => ms - (sentMs[warmUp + index] ?? 0)
const latencies = readyMs.subarray(warmUp).map(since)
const result: ClosedLoopResult = {
  acceptedPerS: rounded((orders / acceptedMs) * 1_000),
  completedPerS: rounded((orders / completedMs) * 1_000),
  answerP50Ms: rounded(quantile(answeredMs.subarray(warmUp).map(since), 0.5), 1),
  p50Ms: rounded(quantile(latencies, 0.5), 1),
  p99Ms: rounded(quantile(latencies, 0.99), 1),
  cpuUsPerOrder: rounded((user + system) / orders, 1),
  rssMb,
  problems
}
answer(result)
process.exit()
