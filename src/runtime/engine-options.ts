import type { ServiceDefinition } from '../core/index.ts'
import type { Bus, Clock, Effects, Ids, Log, Store } from '../ports/index.ts'
import type { LiveGenerations } from './live-generations.ts'
import type { Limits } from './ports.ts'
import type { Tenure } from './tenure.ts'

/** What an engine is made of. */
export interface EngineOptions {
  readonly definition: ServiceDefinition
  readonly store: Store
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly effects: Effects
  readonly limits: Limits
  /** Which generation of each projection serves; changed only between two turns. */
  readonly live: LiveGenerations
  /** Which parts of the service are worked for here; changed only between two turns. */
  readonly tenure: Tenure
}

/** The state an engine is in; only a running one takes commands. */
export type EngineState = 'starting' | 'running' | 'store-down' | 'stopping' | 'stopped'
