import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BankProcess } from '../system/bank-process.ts'

/** No life of a process takes longer, whatever it waits for. */
const lifeMaxMs = 120_000

let compiled: string | undefined

/** Where compiled code is kept, so that a start is as quick as that of a program which was built; one place for all. */
export function compiledCode(): string {
  if (compiled !== undefined) return compiled
  const made = mkdtempSync(join(tmpdir(), 'skerry-chaos-code-'))
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  compiled = made
  return made
}

/** From now on it lives no longer than it may; one that still waits for its orders may wait. */
function bounded(bank: BankProcess): BankProcess {
  const late = setTimeout(() => bank.signal('SIGKILL'), lifeMaxMs)
  void bank.ended.then(() => clearTimeout(late))
  return bank
}

/** Where a campaign takes place: its directories, processes and mounts, all of which are gone when it is over. */
export class Grounds {
  readonly #undo: (() => unknown)[] = []
  readonly #root: string = mkdtempSync(join(tmpdir(), 'skerry-chaos-'))
  #warm: BankProcess | undefined
  #count = 0

  constructor() {
    this.defer(() => rmSync(this.#root, { recursive: true, force: true }))
  }

  /** Something to do when the campaign is over, the last first. */
  defer(undo: () => unknown): void {
    this.#undo.push(undo)
  }

  /** An empty directory. */
  directory(name = 'd'): string {
    this.#count += 1
    const made = join(this.#root, `${name}${this.#count}`)
    mkdirSync(made)
    return made
  }

  remove(directory: string): void {
    rmSync(directory, { recursive: true, force: true })
  }

  /** A bank that waits for its orders. Without an environment of its own it was started while others worked. */
  bank(env?: Readonly<Record<string, string>>): BankProcess {
    if (env) return bounded(this.#start(env))
    const taken = this.#warm ?? this.#start({})
    this.#warm = this.#start({})
    return bounded(taken)
  }

  #start(env: Readonly<Record<string, string>>): BankProcess {
    // Compiled code is kept, so that a start is as quick as that of a program which was built.
    const bank = new BankProcess({ NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: compiledCode(), ...env })
    this.defer(() => bank.end())
    return bank
  }

  /** Undoes everything; what cannot be undone does not keep the rest from it. */
  async clear(): Promise<readonly string[]> {
    const problems: string[] = []
    this.#warm = undefined
    for (let undo = this.#undo.pop(); undo; undo = this.#undo.pop())
      try {
        await undo()
      } catch (thrown) {
        problems.push(thrown instanceof Error ? thrown.message : String(thrown))
      }
    return problems
  }
}
