import type { Call } from './call.ts'

/** An option as its help shows it. */
export interface OptionRule {
  /** What stands for its value, such as `FILE`; an option without it is switched on by being there. */
  readonly value?: string
  readonly text: string
}

/** A line that may be typed as it stands, and what it does. */
export interface Example {
  readonly line: string
  readonly text: string
}

/** One thing that `skerry` can do. */
export interface Command {
  /** One word, or two: `dlq list`. */
  readonly name: string
  /** What it does, as the end of a line in a list. */
  readonly summary: string
  /** The words behind its name, as its help shows them. */
  readonly words: string
  readonly wordsLeast: number
  readonly wordsMost: number
  /** What else must be known, in whole lines. */
  readonly notes: readonly string[]
  readonly options: Readonly<Record<string, OptionRule>>
  readonly examples: readonly Example[]
  /** Does it and gives the exit code; its code is loaded only then. */
  readonly run: (call: Call) => Promise<number>
}
