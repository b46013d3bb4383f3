import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A program of the repository that runs as a process of its own. */
export class Child {
  readonly process: ChildProcess
  stdout = ''
  stderr = ''

  constructor(script: string, parameters: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.process = spawn(process.execPath, ['--conditions=skerry-source', script, ...parameters], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    this.process.stdout?.on('data', (text: Buffer) => {
      this.stdout += text.toString()
    })
    this.process.stderr?.on('data', (text: Buffer) => {
      this.stderr += text.toString()
    })
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  /** Resolves to the exit code, or the name of the signal that ended it. */
  async end(): Promise<number | string> {
    if (!this.ended) await once(this.process, 'close')
    return this.process.exitCode ?? this.process.signalCode ?? ''
  }

  /** Ends it at once, and makes sure that it was this that ended it. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    const how = await this.end()
    if (how !== 'SIGKILL') throw new Error(`It had ended before it was killed: ${how}. ${this.stderr}`)
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
  return free
}

const [firstPort, portCount] = [12_000, 18_000]
const given = new Set<number>()

/**
 * A port that nobody has just now, and that no connection is given as its own end: while a server that is killed is
 * away, its port would else be taken now and then. It was not given before, because whoever asked for it may take it
 * later: a line to a service that listened on the port of that service would call itself for ever.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * portCount)
    // Those that were given long ago have been taken, or never will be.
    if (given.size > portCount / 2) given.clear()
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
}

/** Looks until there is something other than undefined or false; fails after a while, saying what it waited for. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined | false>,
  withinMs = 30_000
): Promise<Found> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}.`)
    await pause(20)
  }
}

/** The processes that a process has started and that live. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

/** The process of a service in a split run. */
export function processOf(run: number, service: string): number {
  const words = (pid: number): readonly string[] => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  const found = childrenOf(run).find((pid) => words(pid).includes(service))
  if (found === undefined) throw new Error(`The run ${run} has no process of ${service}.`)
  return found
}
