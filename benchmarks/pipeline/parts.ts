import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { PipelinePlace } from './place.ts'
import type { PartOptions, PartResult } from './running-part.ts'

const program = fileURLToPath(new URL('running-part.ts', import.meta.url))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The services beside sales, each in a process of its own. */
export interface Parts {
  /** Where the process of this program finds them, and serves what is its own. */
  readonly place: PipelinePlace
  readonly ownPort: number
  /** Resolves when all of them run. */
  ready(): Promise<void>
  /** What is counted begins, or ends, here. */
  mark(): void
  /** Stops them; gives their processor time between the marks, in microseconds. */
  end(): Promise<number>
}

class Part {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterableIterator<string>

  constructor(options: PartOptions) {
    this.#child = spawn(process.execPath, [...process.execArgv, program, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    this.#lines = lines[Symbol.asyncIterator]()
  }

  async ready(): Promise<void> {
    const { value } = await this.#lines.next()
    if (value !== 'ready') throw new Error(`A part of the pipeline did not start: ${String(value)}`)
  }

  mark(): void {
    this.#child.stdin?.write('\n')
  }

  async end(): Promise<number> {
    this.#child.stdin?.end()
    const { value } = await this.#lines.next()
    return (JSON.parse(String(value)) as PartResult).cpuUs
  }
}

/** Starts billing and fulfilment beside the process that runs sales; in one process there is nothing to start. */
export async function startParts(place: PipelinePlace, directory: string): Promise<Parts> {
  const names = place.split ? ['billing', 'fulfilment'] : []
  const ownPort = await freePort()
  const ports = await Promise.all(names.map(() => freePort()))
  const urlOf = (port: number): string => `http://127.0.0.1:${port}`
  const urls: Record<string, string> = Object.fromEntries(
    names.map((name, index) => [name, urlOf(ports[index] as number)])
  )
  const all = { ...urls, sales: urlOf(ownPort) }
  const parts = names.map((service, index) => {
    const { [service]: _own, ...others } = all as Record<string, string>
    return new Part({ directory, place: { ...place, urls: others }, service, port: ports[index] as number })
  })
  return {
    place: place.split ? { ...place, urls } : place,
    ownPort,
    async ready() {
      await Promise.all(parts.map((part) => part.ready()))
    },
    mark() {
      for (const part of parts) part.mark()
    },
    async end() {
      const times = await Promise.all(parts.map((part) => part.end()))
      return times.reduce((sum, time) => sum + time, 0)
    }
  }
}
