import type {
  Actor,
  EventMessage,
  HasStatus,
  KeptAfter,
  KeptWith,
  ProcessManager,
  Projection,
  StateMachine,
  Unit
} from '../core/index.ts'
import { type GivenActor, givenActor } from './actor-scenario.ts'
import { type GivenMachine, givenMachine } from './machine-scenario.ts'
import { type GivenProcess, givenProcess, type HappensToProcess } from './process-scenario.ts'
import { type GivenProjection, givenProjection } from './projection-scenario.ts'
import { calledBy } from './scenario-failure.ts'

/** What may have happened to a unit before the scenario begins. */
export type PastOf<U extends Unit> =
  U extends StateMachine<HasStatus, infer Known, string>
    ? EventMessage<keyof Known & string>
    : U extends ProcessManager<unknown, infer Known, infer Heard>
      ? HappensToProcess<keyof Known & string, Heard>
      : U extends Projection<unknown, unknown, infer Folded>
        ? EventMessage<Folded>
        : never

/** The scenario of a unit. */
export type ScenarioOf<U extends Unit> =
  U extends StateMachine<infer State, infer Known, infer Handled>
    ? GivenMachine<State, keyof Known & string, Handled>
    : U extends ProcessManager<infer Kept, infer Known, infer Heard>
      ? GivenProcess<KeptWith<Kept, Partial<KeptAfter<Known, keyof Known>>>, keyof Known & string, Heard>
      : U extends Projection<infer Row, unknown, infer Folded>
        ? GivenProjection<Row, Folded>
        : U extends Actor<infer Heard>
          ? GivenActor<Heard>
          : never

function scenarioOf(unit: Unit, past: readonly unknown[]): unknown {
  switch (unit.kind) {
    case 'state-machine':
      return givenMachine(unit, past as readonly EventMessage[])
    case 'process-manager':
      return givenProcess(unit, past as readonly HappensToProcess<string, string>[])
    case 'projection':
      return givenProjection(unit, past as readonly EventMessage[])
    case 'actor':
      return givenActor(unit)
  }
}

/**
 * Starts a scenario: a unit, and what has happened to it. `given(order, OrderAccepted({...}))`, then `.when(...)`, then
 * `.then(...)`. Every call runs at once, and a failure points to the call that failed. On the way it checks that each
 * message fits its schema, that states and rows are plain JSON in declared states, and that the unit's functions change
 * nothing they are given, use neither clock nor chance, and give the same bytes twice.
 */
export function given<U extends Unit>(unit: U, ...past: readonly PastOf<U>[]): ScenarioOf<U> {
  return calledBy(given, () => scenarioOf(unit, past) as ScenarioOf<U>)
}
