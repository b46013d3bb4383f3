import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../tests/system/child.ts'
import type { PipelinePlace } from './place.ts'
import type { PartOptions, PartResult } from './running-part.ts'

const program = fileURLToPath(new URL('running-part.ts', import.meta.url))

type OnReady = (index: number) => void

/** The processes beside the one that takes the orders: of billing and fulfilment, and the other instances of sales. */
export interface Parts {
  /** Where the process of this program finds them, and serves what is its own. */
  readonly place: PipelinePlace
  readonly ownPort: number
  /** The base addresses of the other instances of sales. */
  readonly sales: readonly string[]
  /** Resolves when all of them run. */
  ready(): Promise<void>
  /** What is counted begins, or ends, here. */
  mark(): void
  /** Stops them; gives their processor time between the marks, in microseconds, for each service. */
  end(): Promise<Readonly<Record<string, number>>>
}

class Part {
  readonly #child: ChildProcess
  readonly #onReady: OnReady
  readonly #runs: Promise<void>
  #begin = (): void => undefined
  #last = ''

  constructor(options: PartOptions, onReady: OnReady) {
    this.#onReady = onReady
    this.#child = spawn(process.execPath, [...process.execArgv, program, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    this.#runs = new Promise((resolve, reject) => {
      this.#begin = resolve
      this.#child.once('exit', () => reject(new Error(`A part of the pipeline ended: ${this.#last}`)))
    })
    this.#runs.catch(() => undefined)
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    lines.on('line', (line) => this.#hear(line))
  }

  #hear(line: string): void {
    this.#last = line
    if (line === 'ready') this.#begin()
    else if (line.startsWith('orders '))
      for (const index of line.slice(7).split(',')) this.#onReady(Number(index))
  }

  ready(): Promise<void> {
    return this.#runs
  }

  mark(): void {
    this.#child.stdin?.write('\n')
  }

  async end(): Promise<number> {
    const closed = once(this.#child, 'close')
    this.#child.stdin?.end()
    await closed
    return (JSON.parse(this.#last) as PartResult).cpuUs
  }
}

/** Where the instances of each service are, and which of them is the process of this program. */
async function addresses(instances: number): Promise<{
  readonly urls: Readonly<Record<string, readonly string[]>>
  readonly ports: Readonly<Record<string, readonly number[]>>
}> {
  const taken = new Set<number>()
  while (taken.size < 3 * instances) taken.add(await freePort())
  const free = [...taken]
  const names = ['sales', 'billing', 'fulfilment']
  const ports = names.map((name, at) => [name, free.slice(at * instances, (at + 1) * instances)] as const)
  const urls = ports.map(([name, own]) => [name, own.map((port) => `http://127.0.0.1:${port}`)] as const)
  return { urls: Object.fromEntries(urls), ports: Object.fromEntries(ports) }
}

/** Starts all that runs beside this process, which is the first instance of sales; in one process there is nothing. */
export async function startParts(place: PipelinePlace, directory: string, onReady: OnReady): Promise<Parts> {
  const { urls, ports } = await addresses(place.split ? place.instances : 1)
  const [ownPort = 0] = ports['sales'] ?? []
  const without = (service: string): PipelinePlace => {
    const { [service]: _own, ...others } = urls
    return { ...place, urls: others }
  }
  const elsewhere = place.split
    ? Object.entries(ports).flatMap(([service, own]) =>
        own.filter((port) => port !== ownPort).map((port) => ({ service, port }))
      )
    : []
  const parts = elsewhere.map(({ service, port }) => ({
    service,
    part: new Part({ directory, place: without(service), service, port }, onReady)
  }))
  return {
    place: place.split ? without('sales') : place,
    ownPort,
    sales: place.split ? (urls['sales'] ?? []).slice(1) : [],
    async ready() {
      await Promise.all(parts.map(({ part }) => part.ready()))
    },
    mark() {
      for (const { part } of parts) part.mark()
    },
    async end() {
      const times: Record<string, number> = {}
      for (const { service, us } of await Promise.all(
        parts.map(async ({ service, part }) => ({ service, us: await part.end() }))
      ))
        times[service] = (times[service] ?? 0) + us
      return times
    }
  }
}
