import type { HasStatus, Refusal, ServiceDefinition, StoredProcess, SystemDefinition } from '../core/index.ts'
import type {
  AuditWrite,
  Feed,
  Instance,
  LogRow,
  ParkedFilter,
  ParkedMessage,
  Query,
  QueryPage
} from '../ports/index.ts'

/** A command from outside. `data` is checked against the schema; unknown fields are refused. */
export interface CommandRequest {
  readonly type: string
  readonly key: string
  readonly data: unknown
  /** With it, the answer is stored in the same transaction and given again to the same request. */
  readonly idempotencyKey?: string
  readonly correlationId?: string
  /** W3C Trace Context of the caller. */
  readonly traceparent?: string
}

/** A command that was accepted: its event is committed and durable. */
export interface Accepted {
  readonly outcome: 'accepted'
  readonly event: { readonly type: string; readonly id: string; readonly data: unknown }
  /** Hand it to a query to read one's own write: `service:partition:position`. */
  readonly position: string
  readonly correlationId: string
}

/** A command that was refused: nothing changed. */
export interface Refused {
  readonly outcome: 'refused'
  readonly refusal: Refusal
  readonly correlationId: string
}

/** The answer to a command. */
export type CommandAnswer = Accepted | Refused

/** When a read must have seen certain positions. */
export interface ReadOptions {
  /** Positions that commands were answered with. */
  readonly after?: readonly string[]
  /** How long to wait for them before failing with `POSITION_NOT_REACHED`; default 2 seconds. */
  readonly waitMs?: number
}

/** The state of one key, now or at a past position of its partition. */
export interface EntityView {
  readonly unit: string
  readonly key: string
  /** How many events led to it. */
  readonly sequence: number
  readonly state: HasStatus | StoredProcess
}

/** How far one subscription is. `published` = `done` + `parked` + `pending`, always. */
export interface SubscriptionStatus {
  readonly subscription: string
  readonly source: string
  readonly published: number
  readonly done: number
  readonly parked: number
  readonly pending: number
  /** The instance that works for it; empty while nobody does. */
  readonly heldBy: string
}

/** How a rebuild goes. */
export interface RebuildStatus {
  /** The projection or state machine that is rebuilt. */
  readonly unit: string
  /** The generation that is being built or serves now; none of a state machine, whose states are folded in place. */
  readonly generation?: number
  readonly processed: number
  readonly total: number
  readonly state: 'running' | 'done' | 'failed'
  readonly failure?: string
}

/** What a service is doing now. */
export interface ServiceStatus {
  readonly service: string
  readonly state: 'running' | 'store-down' | 'stopping' | 'stopped'
  /** Rows in its log, over all partitions. */
  readonly published: number
  readonly commandsQueued: number
  readonly timers: number
  readonly subscriptions: readonly SubscriptionStatus[]
  readonly parked: readonly {
    readonly subscription: string
    readonly status: string
    readonly count: number
  }[]
  readonly rebuilds: readonly RebuildStatus[]
  /** The process that was asked, and all that share the service's store. */
  readonly instance: string
  readonly instances: readonly Instance[]
}

/** Dead letters of a service. Each change leaves an audit row in the same transaction. */
export interface DeadLetters {
  list(filter: ParkedFilter): Promise<readonly ParkedMessage[]>
  /** Fails with `DEAD_LETTER_UNKNOWN`. */
  show(number: number): Promise<ParkedMessage>
  /** Replaces the data of a dead letter; checked by its schema. Only while it is dead. */
  edit(number: number, data: unknown, by: string): Promise<ParkedMessage>
  /**
   * Tries a dead letter again, once; on success those behind it follow in order, on failure it is dead again.
   * Resolves when it is decided, with the honest state.
   */
  redrive(
    number: number,
    by: string
  ): Promise<{ readonly number: number; readonly state: 'done' | 'dead' | 'pending' }>
  /** Drops a dead letter for a reason; those behind it follow. */
  discard(number: number, reason: string, by: string): Promise<void>
  audit(limit: number): Promise<readonly AuditWrite[]>
}

/** A service that runs. */
export interface RunningService {
  readonly definition: ServiceDefinition
  readonly feed: Feed
  readonly deadLetters: DeadLetters

  /**
   * Decides a command and commits its event, in the order of arrival per key. Resolves only when the event is
   * durable. Fails with `MESSAGE_INVALID` (every wrong field in `details.problems`), `COMMAND_UNKNOWN`,
   * `KEY_INVALID`, `OVERLOADED`, `STOPPING`, `IDEMPOTENCY_KEY_REUSED`, `IDEMPOTENCY_KEY_IN_FLIGHT`, or a code of the
   * store; nothing is accepted then.
   */
  send(request: CommandRequest): Promise<CommandAnswer>
  /** One row of a projection. Fails with `ROW_UNKNOWN`, `UNIT_UNKNOWN`, `POSITION_NOT_REACHED`. */
  row(projection: string, key: string, options?: ReadOptions): Promise<unknown>
  /** Rows of a projection. Fails with `QUERY_INVALID` for a field that is not a declared index. */
  query(projection: string, query: Query, options?: ReadOptions): Promise<QueryPage>
  /** The state of one key; with `atPosition`, as it was when its partition had come that far. */
  entity(unit: string, key: string, atPosition?: number): Promise<EntityView | undefined>
  /** What one key said, oldest first. */
  history(unit: string, key: string): Promise<readonly LogRow[]>
  /** Entities of a machine or process manager in the order of their keys. */
  entities(unit: string, afterKey: string, limit: number): Promise<readonly EntityView[]>
  /**
   * Starts to rebuild a projection beside the one that serves, or folds the states of a machine anew. Leaves an audit
   * row with who asked for it. Fails with `UNIT_UNKNOWN`, `REBUILD_RUNNING`, `REBUILD_IMPOSSIBLE`.
   */
  rebuild(unit: string, by?: string): Promise<RebuildStatus>
  /** A hash over all rows of a projection; two folds of the same events give the same. */
  rowsHash(projection: string): Promise<{ readonly rows: number; readonly hash: string }>
  /** The instances that work on the service's store now, the oldest first, each with where it is and what it holds. */
  instances(): Promise<readonly Instance[]>
  status(): Promise<ServiceStatus>
  /** Whether it takes work now, by one look at its store. Fails as the store does, or as whoever is asked for it. */
  state(): Promise<ServiceStatus['state']>
  /** Checks files, balances and states; what is wrong, in sentences. Empty when nothing is. */
  check(): Promise<readonly string[]>
}

/** A system that runs in this process. */
export interface RunningSystem {
  readonly definition: SystemDefinition
  readonly services: ReadonlyMap<string, RunningService>
  /** Fails with `SERVICE_UNKNOWN`. */
  service(name: string): RunningService
  /**
   * Something was committed in that service, perhaps by another process: whoever listens to it looks at once. A hint,
   * which shortens waiting and may be given at any time.
   */
  heard(service: string): void
  /**
   * Resolves when nothing is left to do: every message delivered, no effect under way (timers may wait), also for the
   * parts of a service that other instances of it work for. Of an instance that died that takes until its leases have
   * passed to another. Commands that another instance has taken and not answered yet are not waited for.
   */
  idle(): Promise<void>
  /** Takes no new work, finishes what was accepted, closes the stores. Safe to be killed at any moment of it. */
  stop(): Promise<void>
}
