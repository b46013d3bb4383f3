import type { Ledger } from './ledger.ts'

/** The scripts a bank knows. */
export type ScriptName = 'everything' | 'letters' | 'timers' | 'rebuilds'

/** What a bank process does. */
export type BankWork = 'load' | 'script' | 'fold' | 'flood' | 'serve' | 'prove'

/** How a bank is made whose process takes orders: part of its definition, so that all its lives must be told the same. */
export interface BankShape {
  /** How long a step of a transfer may take; a minute when left out. */
  readonly stepMs?: number
  readonly statementRevision?: number
}

/** What a bank process is told beside where its files are. */
export interface OrderDetails {
  readonly shape?: BankShape
  readonly script?: ScriptName
  /** Bytes of text that go with each deposit of a load. */
  readonly padding?: number
  /** The store forgets to sync its commits: `synchronous=NORMAL`. */
  readonly sloppy?: boolean
  /** Where each life takes down what it commits, oldest first; the last file is that of this life. */
  readonly history?: readonly string[]
  /** What is known outside, and whether all work ends before it is proved. */
  readonly ledger?: Ledger
  readonly whole?: boolean
  /** The ledger does not tell of all that was posted outside. */
  readonly postsUnknown?: boolean
}

/** What a bank process is told. */
export interface Orders extends OrderDetails {
  readonly directory: string
  /** Names this life of the process. */
  readonly life: string
  readonly work: BankWork
}
