import type { DeployedBank } from './deployed-bank.ts'

/** Something that goes wrong with the surroundings of a bank, or with its processes. */
export interface Strike {
  readonly name: string
  /** What happens, in a few words. */
  readonly story: string
  /** What of its surroundings it happens to: shapes without that do not have it. */
  readonly needs?: 'database' | 'broker'
  /** A quick run has it, too. */
  readonly quick?: true
  /**
   * Lets it happen once and end. True when it has really happened. The clients are at work all the while.
   */
  strike(bank: DeployedBank): Promise<boolean>
}
