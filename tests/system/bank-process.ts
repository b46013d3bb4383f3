import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** Something that a bank has acknowledged. */
export interface Ack {
  readonly position: string
  readonly name: string
}

/** A bank in a process of its own. What it has said is kept here, outside of everything that dies with it. */
export class BankProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #lines: string[] = []
  readonly acks: Ack[] = []
  #watchers: (() => void)[] = []
  #rest = ''
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>

  constructor(env: Readonly<Record<string, string>> = {}) {
    const main = join(import.meta.dirname, 'bank-main.ts')
    const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe']
    this.#child = spawn(process.execPath, [main], { stdio, env: { ...process.env, ...env } })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#heard(text))
    this.#child.stderr.resume()
    this.#child.stdin.on('error', () => undefined)
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#tell()
        resolve({ code, signal })
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  #heard(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      this.#lines.push(line)
      const [word, position = '', name = ''] = line.split(' ')
      if (word === 'acked') this.acks.push({ position, name })
    }
    this.#tell()
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher()
  }

  has(line: string): boolean {
    return this.#lines.includes(line)
  }

  /** What it said when something went wrong inside. */
  get broken(): string | undefined {
    return this.said('broken')
  }

  /** The first line that begins with a word. */
  said(word: string): string | undefined {
    return this.#lines.find((line) => line.startsWith(`${word} `))
  }

  /** Resolves when the condition holds after something was said, or when the process has ended. */
  until(condition: () => boolean): Promise<void> {
    if (condition() || !this.alive) return Promise.resolve()
    return new Promise((resolve) => {
      const watch = (): void => {
        if (!condition() && this.alive) return
        this.#watchers = this.#watchers.filter((one) => one !== watch)
        resolve()
      }
      this.#watchers.push(watch)
      void this.ended.then(watch)
    })
  }

  /** Lets a warmed-up process begin. */
  async begin(directory: string, life: string, work: 'load' | 'script' | 'fold' | 'flood'): Promise<void> {
    await this.until(() => this.has('ready'))
    this.#child.stdin.write(`${JSON.stringify({ directory, life, work })}\n`)
  }

  /** Lets a script that is up begin. */
  go(): void {
    this.#child.stdin.write('go\n')
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Ends it if it has not ended yet. */
  async end(): Promise<void> {
    if (this.alive) this.signal('SIGKILL')
    await this.ended
  }
}
