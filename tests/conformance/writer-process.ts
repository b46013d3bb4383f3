import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { WriterOptions } from './writer-batch.ts'

const program = join(import.meta.dirname, 'sqlite-writer.ts')

/** A running writing program. */
export class WriterProcess {
  readonly #child: ChildProcess
  readonly #exit: Promise<void>
  #text = ''
  #changed: () => void = () => undefined

  /** Starts it, by a command such as a tracer when one is given. */
  constructor(options: WriterOptions, command: readonly string[] = []) {
    const [first = process.execPath, ...rest] = [...command, process.execPath]
    this.#child = spawn(first, [...rest, program, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString()
      this.#changed()
    })
    this.#exit = new Promise((resolve) => this.#child.once('close', () => resolve()))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** What it has said, line by line; the last line may be under way. */
  get lines(): readonly string[] {
    return this.#text.split('\n').slice(0, -1)
  }

  /** The last commit that it has acknowledged; 0 when there is none. */
  get acknowledged(): number {
    const line = this.lines.findLast((each) => each.startsWith('ack '))
    return Number(line?.split(' ')[1] ?? 0)
  }

  /** Resolves when it has said something that `holds`, or has ended. */
  async until(holds: () => boolean): Promise<void> {
    let ended = false
    const end = this.#exit.then(() => {
      ended = true
    })
    while (!holds() && !ended)
      await Promise.race([
        end,
        new Promise<void>((resolve) => {
          this.#changed = resolve
        })
      ])
  }

  /** Kills it as a power cut would the process, and waits until it is gone and all that it said is read. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }

  async end(): Promise<void> {
    await this.#exit
  }
}
