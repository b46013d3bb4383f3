import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { BankWork, OrderDetails } from './bank-orders.ts'
import { type Ack, emptyLedger, type Ledger, takeDown } from './ledger.ts'

/** How a process ended. */
export interface BankEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A bank in a process of its own. What it has said is kept here, outside of everything that dies with it. */
export class BankProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #lines: string[] = []
  readonly #startedMs: number = performance.now()
  readonly ledger: Ledger = emptyLedger()
  /** How long the process took until it could be told what to do. */
  bootMs = 0
  #watchers: (() => void)[] = []
  #rest = ''
  #complaints = ''
  readonly ended: Promise<BankEnd>

  constructor(env: Readonly<Record<string, string>> = {}) {
    const main = join(import.meta.dirname, 'bank-main.ts')
    const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe']
    this.#child = spawn(process.execPath, [main], { stdio, env: { ...process.env, ...env } })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#heard(text))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints = (this.#complaints + text).slice(0, 2_000)
    })
    this.#child.stdin.on('error', () => undefined)
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#tell()
        resolve({ code, signal })
      })
    })
  }

  get acks(): readonly Ack[] {
    return this.ledger.acks
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
      if (line === 'ready') this.bootMs = performance.now() - this.#startedMs
      this.#lines.push(line)
      takeDown(this.ledger, line)
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

  /** What it wrote to its standard error, or the beginning of it. */
  get complaints(): string {
    return this.#complaints
  }

  /** The first line that begins with a word. */
  said(word: string): string | undefined {
    return this.#lines.find((line) => line.startsWith(`${word} `))
  }

  /** All lines that begin with a word. */
  allSaid(word: string): readonly string[] {
    return this.#lines.filter((line) => line.startsWith(`${word} `))
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
  async begin(directory: string, life: string, work: BankWork, details: OrderDetails = {}): Promise<void> {
    await this.until(() => this.has('ready'))
    this.tell(JSON.stringify({ directory, life, work, ...details }))
  }

  /** Lets a script that is up begin. */
  go(): void {
    this.tell('go')
  }

  /** Gives it one line. */
  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`)
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
