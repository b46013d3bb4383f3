export {
  type Actor,
  type ActorDefinition,
  actor,
  type EffectContext,
  type EffectOptions,
  type EffectRule,
  type EffectSignal,
  type ReactionRule
} from './actor.ts'
export { assert } from './assert.ts'
export { canonicalJson } from './canonical.ts'
export { type CommandOptions, type Contract, contract, type VersionOptions } from './contract.ts'
export { decide, evolve } from './decide.ts'
export { machineDiagram, processDiagram, systemDiagram } from './diagram.ts'
export { type Duration, durationMs } from './duration.ts'
export { type EffectBounds, type EffectPolicy, effectBounds } from './effect-policy.ts'
export { eventName } from './event-name.ts'
export {
  Failure,
  type FailureCode,
  type FailureDetails,
  type FailureRule,
  fail,
  failures,
  type RetryHint,
  toFailure
} from './failure.ts'
export { fingerprintOf } from './fingerprint.ts'
export { type Flow, flowsOf } from './flows.ts'
export { frozen } from './frozen.ts'
export { pointerOf } from './json-pointer.ts'
export { checkKey } from './key.ts'
export { inboxSources, listenersOf } from './listeners.ts'
export { machineRevisions } from './machine-revisions.ts'
export { madeBy } from './made-by.ts'
export type {
  AnyCommandType,
  AnyEventType,
  CommandMessage,
  CommandType,
  DataOf,
  EventMessage,
  EventOf,
  EventType,
  OutgoingMessage,
  QueryType,
  Upcaster
} from './message.ts'
export type { EvolveMeta, MessageMeta } from './message-meta.ts'
export type { SaidMessage, TimerChange } from './outcome.ts'
export { partitionOf, partitionsDefault } from './partition.ts'
export type {
  Correlate,
  ProcessFailure,
  ProcessManagerDefinition,
  ProcessRoute,
  StepRule
} from './process-definition.ts'
export { type ProcessManager, type ProcessManagerStart, processManager } from './process-manager.ts'
export {
  deadlineTimer,
  type EarlyState,
  isEarly,
  type ProcessInput,
  type ProcessOutcome,
  type ProcessState,
  type StepStatus,
  type StoredProcess,
  stepTimer
} from './process-state.ts'
export { processTransition } from './process-transition.ts'
export {
  type KeysOf,
  type Projection,
  type ProjectionDefinition,
  type ProjectionOptions,
  type ProjectionRule,
  projection
} from './projection.ts'
export { isPublic, publicCommands } from './public-commands.ts'
export { messagesOf, type Reaction } from './reaction.ts'
export { type Refusal, refuse } from './refusal.ts'
export { checkSaid } from './said-messages.ts'
export type {
  FieldProblem,
  JsonSchemaSource,
  OutputOf,
  Schema,
  SchemaIssue,
  SchemaResult,
  Validated
} from './schema.ts'
export { type ServiceDefinition, type SystemDefinition, service, system, type Unit } from './service.ts'
export {
  type AllEmittable,
  type CommandRule,
  type DecideContext,
  type Emittable,
  type EventRule,
  type EventsOf,
  type HasStatus,
  type InStatus,
  type KnownEvents,
  type StateMachine,
  type StateMachineDefinition,
  type StateMachineOptions,
  stateMachine
} from './state-machine.ts'
export type { KeptAfter, KeptWith, KnownSteps, NoFields, StepBuilder } from './step-builder.ts'
export { remainingSteps, type StepRow, stepTable } from './step-table.ts'
export { type StatusReport, statusReport, type TransitionRow, transitionTable } from './transition-table.ts'
export { upcast } from './upcast.ts'
export { validate, validateStrictly } from './validate.ts'
