import type { Ids, Log } from '../ports/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import type { GatewayLimits } from './limits.ts'
import type { Trust } from './trust.ts'

/** What every part of the gateway works with. */
export interface Edge {
  readonly system: RunningSystem
  readonly log: Log
  readonly ids: Ids
  readonly limits: GatewayLimits
  readonly trust: Trust
  /** Aborted when the gateway closes: what only waits ends then. */
  readonly closing: AbortSignal
}
