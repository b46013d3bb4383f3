import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Proof } from '../runtime/oracle.ts'
import type { BankShape } from '../system/bank-orders.ts'
import type { BankProcess } from '../system/bank-process.ts'
import { addTo, emptyLedger, type Ledger } from '../system/ledger.ts'
import type { Campaign } from './campaign.ts'

/** One bank over all its lives: its files, what is known of it outside, and the history of its commits. */
export class Lives {
  readonly directory: string
  readonly shape: BankShape
  readonly ledger: Ledger = emptyLedger()
  readonly #campaign: Campaign
  readonly #historyDirectory: string
  readonly #history: string[] = []
  /** What the last proof that was whole has seen. */
  proof: Partial<Proof> = {}
  #count = 0
  #postsUnknown = false

  /** `directory` holds the files of the bank; the history is kept elsewhere, because it must outlive them. */
  constructor(campaign: Campaign, directory: string, shape: BankShape = {}) {
    this.#campaign = campaign
    this.directory = directory
    this.shape = shape
    this.#historyDirectory = campaign.grounds.directory('history')
  }

  /** The name of the next life, and its details for the orders; with `recorded` its commits are taken down. */
  next(recorded = true): {
    readonly name: string
    readonly details: { shape: BankShape; history: string[] }
  } {
    this.#count += 1
    if (recorded) {
      const file = join(this.#historyDirectory, String(this.#count))
      // There is one for a life that ends before it begins, too.
      writeFileSync(file, '')
      this.#history.push(file)
    }
    return {
      name: `life${this.#count}`,
      details: { shape: this.shape, history: recorded ? [...this.#history] : [] }
    }
  }

  /** Takes down what a life that has ended has said; `mayBreak` if it had nothing left to live on at its end. */
  add(bank: BankProcess, mayBreak = false): void {
    addTo(this.ledger, bank.ledger)
    this.#campaign.acknowledged(bank.acks.length)
    if (bank.broken !== undefined && !mayBreak) this.#campaign.violated(bank.broken)
  }

  /** Takes down only what a life had said at a moment, though it went on for a little; what it posted then nobody knows. */
  addUntil(said: Ledger): void {
    addTo(this.ledger, said)
    this.#campaign.acknowledged(said.acks.length)
    this.#postsUnknown = true
  }

  /** Forgets this bank: its directories are removed. */
  remove(): void {
    this.#campaign.grounds.remove(this.directory)
    this.#campaign.grounds.remove(this.#historyDirectory)
  }

  /**
   * Starts the bank again and has it proved, in a process of its own; gives what is wrong, which is nothing for a bank
   * that keeps its promises. `whole` lets all work end first. How long the start took is counted.
   */
  async problems(whole: boolean, recorded = true): Promise<readonly string[]> {
    const { name, details } = this.next(recorded)
    const bank = this.#campaign.grounds.bank()
    await bank.begin(this.directory, name, 'prove', {
      ...details,
      ledger: this.ledger,
      whole,
      postsUnknown: this.#postsUnknown
    })
    const end = await bank.ended
    addTo(this.ledger, { ...bank.ledger, acks: [] })
    const up = bank.said('up')
    if (up !== undefined) this.#campaign.recovered(bank.bootMs + Number(up.split(' ')[1]))
    for (const line of bank.allSaid('replayed')) this.#campaign.replayed(Number(line.split(' ')[1]))
    const problems = [...bank.allSaid('differs')]
    const proven = bank.said('proven')
    if (bank.broken !== undefined) problems.push(bank.broken)
    else if (proven === undefined)
      problems.push(`The proof has not ended: ${JSON.stringify(end)} ${bank.complaints}`)
    else this.proof = JSON.parse(proven.slice('proven '.length)) as Partial<Proof>
    return problems
  }

  /** As `problems`, and each of them is a violation. */
  async prove(whole: boolean, after: string, recorded = true): Promise<void> {
    for (const problem of await this.problems(whole, recorded))
      this.#campaign.violated(`${after}: ${problem}`)
  }
}
