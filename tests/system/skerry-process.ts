import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { root } from '../../scripts/source-files.ts'

const main = join(root, 'src', 'cli', 'main.ts')
const shop = 'examples/guide/command-line/skerry.config.ts'
const endMs = 90_000

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

/** Where a program runs. */
export interface Surroundings {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** An empty directory, removed after the test. */
export function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-cli-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A directory of a user: with a config, that of the repository, and nothing else. */
export function shopDirectory(config: string = shop): string {
  const directory = emptyDirectory()
  const origin = JSON.stringify(join(root, config))
  writeFileSync(join(directory, 'skerry.config.ts'), `export { default } from ${origin}\n`)
  return directory
}

/** A program under way. */
export class Program {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  output = ''
  errors = ''

  constructor(command: string, args: readonly string[], { cwd, env = {} }: Surroundings) {
    // Of the environment only what finds programs: a test says itself what PORT and the like are.
    const { PATH = '', HOME = '' } = process.env
    const surroundings = { PATH, HOME, NODE_OPTIONS: '--conditions=skerry-source', ...env }
    this.child = spawn(command, args, { cwd, env: surroundings, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout?.on('data', (part) => {
      this.output += part
    })
    this.child.stderr?.on('data', (part) => {
      this.errors += part
    })
    const late = setTimeout(() => this.child.kill('SIGKILL'), endMs)
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      clearTimeout(late)
      return { code, signal, output: this.output, errors: this.errors }
    })
    onTestFinished(async () => {
      this.child.kill('SIGKILL')
      await this.ended
    })
  }

  /** Resolves when the standard output or error matches; fails when the program ends before that. */
  async until(pattern: RegExp): Promise<void> {
    const seen = (): boolean => pattern.test(this.output) || pattern.test(this.errors)
    while (!seen()) {
      const heard = new AbortController()
      const { signal } = heard
      const next = [this.child.stdout, this.child.stderr].map(
        (stream) => stream && once(stream, 'data', { signal })
      )
      const ended = await Promise.race([this.ended, ...next.map((data) => data?.then(() => undefined))])
      // Else the stream that says nothing keeps a listener for each part of the other.
      heard.abort()
      await Promise.allSettled(next)
      if (ended && !seen()) throw new Error(`It ended before ${pattern}:\n${ended.output}${ended.errors}`)
    }
  }
}

/** `skerry` with these arguments, under way. */
export function skerry(args: readonly string[], surroundings: Surroundings): Program {
  return new Program(process.execPath, [main, ...args], surroundings)
}

/** `skerry` with these arguments, to its end. */
export function ended(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return skerry(args, surroundings).ended
}

/** A line for a shell in which `skerry` is the program of the repository. */
export function typed(line: string, surroundings: Surroundings): Program {
  const bin = emptyDirectory()
  const script = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`
  writeFileSync(join(bin, 'skerry'), script, { mode: 0o755 })
  // With `exec`, a signal to the shell is one to the program.
  return new Program('sh', ['-c', `PATH='${bin}':"$PATH"; exec ${line}`], surroundings)
}

/** A system that runs. */
export interface RunningShop {
  readonly program: Program
  readonly url: string
  /** Places an order and gives the status of the answer. */
  place(key: string, customerId?: string): Promise<number>
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

/** `skerry run` on any free port, when it listens. */
export async function runningShop(
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = []
): Promise<RunningShop> {
  const program = skerry(['run', ...args], { cwd, env: { PORT: '0', ...env } })
  await program.until(/^stop .*$/m)
  const url = /^address +(\S+)/m.exec(program.output)?.[1] ?? ''
  return {
    program,
    url,
    async place(key, customerId = 'c-1') {
      const body = JSON.stringify({ customerId, total: 5 })
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${url}/sales/order/${key}/PlaceOrder`, { method: 'POST', headers, body })
      await answer.arrayBuffer()
      return answer.status
    },
    async stop(signal = 'SIGTERM') {
      program.child.kill(signal)
      return await program.ended
    }
  }
}
