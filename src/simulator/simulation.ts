import type { SystemDefinition } from '../core/index.ts'
import type { LogRow } from '../ports/index.ts'
import type { Random } from './random.ts'

/** A command that a client sends, from outside. Commands of one key are sent one after the other, in their order. */
export interface SimulatedCommand {
  readonly service: string
  readonly type: string
  readonly key: string
  readonly data: unknown
  /** When it is sent at the earliest, in virtual milliseconds from the beginning. Default 0. */
  readonly atMs?: number
}

/** An entity, a process or a row as an invariant sees it. */
export interface Kept<Value = unknown> {
  readonly key: string
  readonly value: Value
}

/** A world that has come to rest, or one between two commits. */
export interface WorldView<Outside = unknown> {
  /** The states of a machine or process manager, named `service/unit`, in the order in which they were first written. */
  states<State = Readonly<Record<string, unknown>>>(name: string): readonly Kept<State>[]
  /** The rows of a projection, named `service/projection`. */
  rows<Row = Readonly<Record<string, unknown>>>(name: string): readonly Kept<Row>[]
  /** Everything that a service has said. */
  log(service: string): readonly LogRow[]
  /** What the simulation made for the outside world. */
  readonly outside: Outside
}

/**
 * Something that must hold. It throws, or gives a sentence that says what is wrong; anything else means that it holds.
 */
export interface Invariant<Outside = unknown> {
  readonly name: string
  readonly when: 'at rest' | 'always'
  readonly check: (view: WorldView<Outside>) => unknown
}

/**
 * An invariant of a system. It is checked when the world has come to rest: nothing is under way, every message was
 * heard, every timer that was due has fired. With `when: 'always'` it is also checked after every commit, so it must
 * count what is under way.
 */
export function invariant<Outside = unknown>(
  name: string,
  check: (view: WorldView<Outside>) => unknown,
  options: { readonly when?: Invariant['when'] } = {}
): Invariant<Outside> {
  return { name, check, when: options.when ?? 'at rest' }
}

/** What is simulated. Everything but the system has a default, so that any system can be simulated as it is. */
export interface Simulation<Outside = unknown> {
  /** Makes what the system needs of the world outside, anew for each world: plain objects, no servers. */
  readonly outside?: () => Outside
  /** The system, or how it is made with that. */
  readonly system: SystemDefinition | ((outside: Outside) => SystemDefinition)
  /** The version that is rolled out in the middle. Default: the same, with every projection rebuilt. */
  readonly next?: (outside: Outside) => SystemDefinition
  /**
   * What clients send in one world, drawn from `random`. Default: commands made from the schemas of the contracts, as
   * the transition tables allow them.
   */
  readonly workload?: (random: Random) => readonly SimulatedCommand[]
  readonly invariants?: readonly Invariant<Outside>[]
  /** Fields of states and rows that may differ from one legal order to another, by name. */
  readonly mayDiffer?: readonly string[]
  /** What need not be reached, by its name in the report, and why. */
  readonly unreached?: Readonly<Record<string, string>>
}

/** Describes a simulation. It gives back what it is given; it is there for the types. */
export function defineSimulation<Outside = undefined>(simulation: Simulation<Outside>): Simulation<Outside> {
  return simulation
}
