import {
  type CommandMessage,
  type Duration,
  decide,
  durationMs,
  type EventMessage,
  evolve,
  type HasStatus,
  type Refusal,
  type StateMachineDefinition
} from '../core/index.ts'
import { arrivingData, comparable, metaOf, saidMessage, titleOf } from './check-message.ts'
import { difference, inShort } from './difference.ts'
import { frozenJson } from './plain-json.ts'
import { purely } from './purely.ts'
import { calledBy, failScenario } from './scenario-failure.ts'
import { scenarioStartMs } from './scenario-start.ts'

/** An entity with a past, waiting for a command. */
export interface GivenMachine<State extends HasStatus, Fact extends string, Handled extends string> {
  /** Time passes before the next command. */
  afterwards(duration: Duration): GivenMachine<State, Fact, Handled>
  /** Decides a command, as the runtime does. Fails when the command does not fit its schema. */
  when(command: CommandMessage<Handled>): DecidedMachine<State, Fact, Handled>
  /** Fails unless the state is exactly this one. */
  thenState(state: State): GivenMachine<State, Fact, Handled>
  /** Fails unless the state has this status. */
  thenStatus(status: State['status']): GivenMachine<State, Fact, Handled>
}

/** A decided command. */
export interface DecidedMachine<State extends HasStatus, Fact extends string, Handled extends string> {
  /** Fails unless the command was accepted with exactly this event. */
  then(event: EventMessage<Fact>): GivenMachine<State, Fact, Handled>
  /** Fails unless the command was refused with this code (`illegal-state` when the state does not allow it). */
  thenRefused(code: string): GivenMachine<State, Fact, Handled>
  /** Fails unless the state after the decision is exactly this one. */
  thenState(state: State): GivenMachine<State, Fact, Handled>
  /** Fails unless the state after the decision has this status. */
  thenStatus(status: State['status']): GivenMachine<State, Fact, Handled>
}

interface PastEvent {
  readonly event: EventMessage
  readonly nowMs: number
}

interface Entity {
  readonly machine: StateMachineDefinition
  /** The key of the last command; events before the first command have none yet. */
  readonly key: string | undefined
  readonly past: readonly PastEvent[]
  readonly state: HasStatus
  readonly nowMs: number
}

/** The state after one more event: legal from where it is, folded twice, in a declared status. */
function fold(
  machine: StateMachineDefinition,
  state: HasStatus,
  { event, nowMs }: PastEvent,
  number: number,
  key?: string
): HasStatus {
  const rule = machine.events.get(event.type)
  if (!rule || rule.event.service !== event.service)
    return failScenario(`${event.type} of ${event.service} is no event of ${machine.name}.`)
  if (rule.from.length > 0 && !rule.from.includes(state.status))
    failScenario(
      `${event.type} cannot happen: ${machine.name} is '${state.status}', and it leads from '${rule.from.join("' or '")}'.`
    )
  const data = arrivingData(event, rule.event)
  const { id: _unknownYet, ...meta } = metaOf(event, number, nowMs, key)
  Object.freeze(meta)
  const what = `evolve(${event.type}) of ${machine.name}`
  const next = frozenJson(
    purely(what, () => evolve(machine, state, event.type, data, meta)),
    `The state after ${event.type}`
  )
  if (!rule.to.includes(next.status))
    failScenario(`${what} led to '${next.status}'; it declares '${rule.to.join("' or '")}'.`)
  return next
}

/** The entity with these events behind it. */
function entityAfter(
  machine: StateMachineDefinition,
  past: readonly PastEvent[],
  nowMs: number,
  key?: string
): Entity {
  const initial = frozenJson(machine.initial, `The initial state of ${machine.name}`)
  const state = past.reduce((before, event, index) => fold(machine, before, event, index + 1, key), initial)
  return { machine, key, past, state, nowMs }
}

function expectState(entity: Entity, state: HasStatus): void {
  const lines = difference(state, entity.state)
  if (lines.length > 0) failScenario(`${entity.machine.name} is in another state.`, lines)
}

function expectStatus(entity: Entity, status: string): void {
  if (entity.state.status !== status)
    failScenario(`${entity.machine.name} is '${entity.state.status}', not '${status}'.`)
}

type AnyGiven = GivenMachine<HasStatus, string, string>
type AnyDecided = DecidedMachine<HasStatus, string, string>

function decided(entity: Entity, command: CommandMessage, decision: EventMessage | Refusal): AnyDecided {
  const { machine } = entity
  const accepted =
    decision.kind === 'event' ? saidMessage(decision, `${command.type} of ${machine.name}`) : undefined
  const past = accepted ? [...entity.past, { event: accepted, nowMs: entity.nowMs }] : entity.past
  const after = entityAfter(machine, past, entity.nowMs, command.key)
  const next = machineScenario(after)
  return {
    thenState: next.thenState,
    thenStatus: next.thenStatus,
    // biome-ignore lint/suspicious/noThenProperty: `then` is the word for it; what it returns is no longer thenable.
    then: function then(event) {
      return calledBy(then, () => {
        if (decision.kind === 'refusal')
          return failScenario(`${command.type} was refused: ${decision.code} (${decision.reason})`, [
            `expected ${event.type}`
          ])
        if (accepted && accepted.type !== event.type)
          failScenario(`${command.type} led to another event.`, [
            `expected ${event.type}, got ${accepted.type} ${inShort(accepted.data)}`
          ])
        const lines = accepted ? difference(comparable(event), comparable(accepted)) : []
        return lines.length === 0
          ? next
          : failScenario(`${command.type} led to another ${event.type}.`, lines)
      })
    },
    thenRefused: function thenRefused(code) {
      return calledBy(thenRefused, () => {
        if (decision.kind === 'event')
          return failScenario(`${command.type} was accepted: ${decision.type} ${inShort(decision.data)}`, [
            `expected refusal '${code}'`
          ])
        if (decision.code === code) return next
        return failScenario(`${command.type} was refused with another code.`, [
          `expected '${code}', got '${decision.code}' (${decision.reason})`
        ])
      })
    }
  }
}

function decideCommand(before: Entity, command: CommandMessage): AnyDecided {
  const { machine, past, nowMs } = before
  const rule = machine.commands.get(command.type)
  if (!rule || rule.command.service !== command.service)
    return failScenario(`${titleOf(command)} is no command of ${machine.name}.`)
  const data = arrivingData(command, rule.command)
  const entity = entityAfter(machine, past, nowMs, command.key)
  const context = Object.freeze({ key: command.key, nowMs, commandId: `command-${past.length + 1}` })
  const decision = purely(`${command.type} of ${machine.name}`, () =>
    decide(machine, entity.state, command.type, data, context)
  )
  if (decision.kind === 'refusal') frozenJson(decision, `The refusal of ${command.type}`)
  return decided(entity, command, decision)
}

function machineScenario(entity: Entity): AnyGiven {
  const scenario: AnyGiven = {
    afterwards: (duration) => machineScenario({ ...entity, nowMs: entity.nowMs + durationMs(duration) }),
    when: function when(command) {
      return calledBy(when, () => decideCommand(entity, command))
    },
    thenState: function thenState(state) {
      calledBy(thenState, () => expectState(entity, state))
      return scenario
    },
    thenStatus: function thenStatus(status) {
      calledBy(thenStatus, () => expectStatus(entity, status))
      return scenario
    }
  }
  return scenario
}

/** A state machine whose entity has these events behind it. */
export function givenMachine(machine: StateMachineDefinition, events: readonly EventMessage[]): AnyGiven {
  const past = events.map((event) => ({ event, nowMs: scenarioStartMs }))
  return machineScenario(entityAfter(machine, past, scenarioStartMs))
}
