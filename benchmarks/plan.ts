import type { Outcome } from './report.ts'
import type { Scratch } from './scratch.ts'

/** Where services keep their data, what brings them news, and whether each has a process of its own, or several. */
export interface Shape {
  readonly store: 'sqlite' | 'postgres'
  readonly bus: 'http' | 'nats' | 'kafka'
  readonly split: boolean
  /** How many processes each service has; more than one need PostgreSQL and `split`. */
  readonly instances: number
}

/** How a benchmark is to be run. */
export interface Plan {
  readonly scratch: Scratch
  /** Fewer and shorter runs: for a look, not for figures to be quoted. */
  readonly quick: boolean
  /** Whether the figures go into their document too. */
  readonly write: boolean
  /** Where the pipeline runs: SQLite in one process when nothing is said. */
  readonly shape: Shape
  /** How often each case is run; the middle of the runs is reported. */
  readonly rounds: number
  /** Orders of each system of `peers`, and which of these, when something is said of it. */
  readonly orders?: number
  readonly only?: string
}

/** A benchmark: gives its outcomes one after the other. */
export type Benchmark = (plan: Plan) => AsyncIterable<Outcome>
