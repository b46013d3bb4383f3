import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { until } from './shared-bank.ts'

/** An instance of a bank in a process of its own. */
export class InstanceProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly lines: string[] = []
  #complaints = ''

  constructor(port: number, suffix: string, name: string) {
    const parameters = [join(import.meta.dirname, 'instance-main.ts'), String(port), suffix, name]
    this.#child = spawn(process.execPath, parameters, { stdio: ['pipe', 'pipe', 'pipe'] })
    let rest = ''
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      this.lines.push(...parts)
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints = (this.#complaints + text).slice(0, 2_000)
    })
    this.#child.stdin.on('error', () => undefined)
    onTestFinished(() => {
      this.#child.kill('SIGKILL')
    })
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }

  async says(line: string): Promise<void> {
    await until(`it says '${line}'`, async () => {
      if (this.#child.exitCode !== null) throw new Error(`It has ended: ${this.#complaints}`)
      return this.lines.includes(line)
    })
  }

  /** How many lines of it begin so. */
  count(beginning: string): number {
    return this.lines.filter((line) => line.startsWith(beginning)).length
  }

  /** What was accepted, by the keys. */
  get accepted(): readonly string[] {
    return this.lines.filter((line) => line.startsWith('accepted ')).map((line) => line.slice(9))
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#child.kill(signal)) throw new Error(`It was gone before ${signal}: ${this.#complaints}`)
  }

  /** Resolves to the exit code, or the signal that ended it. */
  async end(): Promise<number | string> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close')
    return this.#child.exitCode ?? this.#child.signalCode ?? ''
  }
}
