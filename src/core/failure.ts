/** When the same call may succeed: at once, after a while, or not before somebody changes something. */
export type RetryHint = 'now' | 'later' | 'never'

/** One row of the error table: when to try again, and what happened, in words for a person. */
export interface FailureRule {
  readonly retry: RetryHint
  readonly text: string
}

/** Every code an operation of Skerry may fail with. Compare codes, never texts. */
export type FailureCode =
  | 'DEFINITION_INVALID'
  | 'SCHEMA_ASYNC'
  | 'MESSAGE_INVALID'
  | 'MESSAGE_NEWER'
  | 'MESSAGE_TOO_LARGE'
  | 'COMMAND_REFUSED'
  | 'COMMAND_UNKNOWN'
  | 'SERVICE_UNKNOWN'
  | 'SERVICE_UNREACHABLE'
  | 'UNIT_UNKNOWN'
  | 'ROW_UNKNOWN'
  | 'ENTITY_UNKNOWN'
  | 'KEY_INVALID'
  | 'QUERY_INVALID'
  | 'PARTITION_UNKNOWN'
  | 'POSITION_INVALID'
  | 'POSITION_NOT_REACHED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'IDEMPOTENCY_KEY_IN_FLIGHT'
  | 'OVERLOADED'
  | 'STOPPING'
  | 'STORE_UNAVAILABLE'
  | 'STORE_FULL'
  | 'STORE_CORRUPT'
  | 'STORE_NEWER'
  | 'STORE_MOVED'
  | 'STORE_LOCKED'
  | 'STORE_GUARANTEE'
  | 'LOG_ARCHIVED'
  | 'LOG_KEPT'
  | 'SUBSCRIBER_UNKNOWN'
  | 'VERSION_CONFLICT'
  | 'CHECKPOINT_CONFLICT'
  | 'LEASE_LOST'
  | 'FEED_UNAVAILABLE'
  | 'FEED_INVALID'
  | 'BUS_UNAVAILABLE'
  | 'BUS_GUARANTEE'
  | 'TRANSITION_FAILED'
  | 'EFFECT_FAILED'
  | 'EFFECT_TIMEOUT'
  | 'DEAD_LETTER_UNKNOWN'
  | 'DEAD_LETTER_STATE'
  | 'REBUILD_RUNNING'
  | 'REBUILD_IMPOSSIBLE'
  | 'BODY_INVALID'
  | 'BODY_TOO_LARGE'
  | 'BODY_TOO_DEEP'
  | 'MEDIA_TYPE_UNKNOWN'
  | 'REQUEST_INVALID'
  | 'REQUEST_TIMEOUT'
  | 'HEADERS_TOO_LARGE'
  | 'HOST_UNKNOWN'
  | 'ORIGIN_REFUSED'
  | 'ADMIN_REFUSED'
  | 'ROUTE_UNKNOWN'
  | 'METHOD_UNKNOWN'
  | 'CONFIG_INVALID'
  | 'PORT_TAKEN'
  | 'USAGE_INVALID'
  | 'SYSTEM_UNREACHABLE'
  | 'INTERNAL'

/**
 * The one error table. A released code is never reused for another meaning.
 * Only the gateway maps codes to HTTP statuses; `docs/errors.md` has a section for each code.
 */
export const failures: Readonly<Record<FailureCode, FailureRule>> = {
  DEFINITION_INVALID: { retry: 'never', text: 'A service or system is declared in a way that cannot work.' },
  SCHEMA_ASYNC: {
    retry: 'never',
    text: 'A schema validates asynchronously; messages need synchronous schemas.'
  },
  MESSAGE_INVALID: { retry: 'never', text: 'The message does not fit its schema.' },
  MESSAGE_NEWER: { retry: 'later', text: 'The message has a newer version than this service knows.' },
  MESSAGE_TOO_LARGE: { retry: 'never', text: 'The message is larger than the store takes.' },
  COMMAND_REFUSED: { retry: 'never', text: 'The state machine refused the command.' },
  COMMAND_UNKNOWN: { retry: 'never', text: 'No state machine of this service handles that command.' },
  SERVICE_UNREACHABLE: { retry: 'later', text: 'The process of this service does not answer now.' },
  SERVICE_UNKNOWN: { retry: 'never', text: 'There is no service of that name here.' },
  UNIT_UNKNOWN: { retry: 'never', text: 'The service has no part of that name and kind.' },
  ROW_UNKNOWN: { retry: 'never', text: 'The projection has no row with that key.' },
  ENTITY_UNKNOWN: { retry: 'never', text: 'Nothing ever happened to that key.' },
  KEY_INVALID: { retry: 'never', text: 'The key is empty, too long, or holds control characters.' },
  QUERY_INVALID: { retry: 'never', text: 'The query asks for something the projection does not declare.' },
  PARTITION_UNKNOWN: { retry: 'never', text: 'The log has no partition of that number.' },
  POSITION_INVALID: { retry: 'never', text: 'That is not a position of a log.' },
  POSITION_NOT_REACHED: { retry: 'later', text: 'The projection has not seen that position yet.' },
  IDEMPOTENCY_KEY_REUSED: {
    retry: 'never',
    text: 'The idempotency key was used before with another command.'
  },
  IDEMPOTENCY_KEY_IN_FLIGHT: {
    retry: 'later',
    text: 'A command with this idempotency key is still being decided.'
  },
  OVERLOADED: { retry: 'later', text: 'The service has as much accepted work as it can hold.' },
  STOPPING: { retry: 'later', text: 'The service is shutting down and takes no new work.' },
  STORE_UNAVAILABLE: { retry: 'later', text: 'The store cannot be used; nothing was acknowledged.' },
  STORE_FULL: { retry: 'later', text: 'The disk is full; nothing was acknowledged.' },
  STORE_CORRUPT: { retry: 'never', text: 'The store found its data damaged and stopped.' },
  STORE_NEWER: { retry: 'never', text: 'The database was written by a newer version and is left untouched.' },
  STORE_MOVED: {
    retry: 'never',
    text: 'The data of this service are being moved, or were moved elsewhere.'
  },
  STORE_LOCKED: { retry: 'later', text: 'Another process has the database open.' },
  STORE_GUARANTEE: { retry: 'never', text: 'The store does not give what the service needs.' },
  LOG_ARCHIVED: { retry: 'never', text: 'That part of the log was archived.' },
  LOG_KEPT: { retry: 'later', text: 'That range of the log cannot be archived or put back now.' },
  SUBSCRIBER_UNKNOWN: { retry: 'never', text: 'Nobody of that name has subscribed to this log.' },
  VERSION_CONFLICT: { retry: 'now', text: 'Somebody else changed the same state first.' },
  CHECKPOINT_CONFLICT: { retry: 'now', text: 'Somebody else moved the same checkpoint first.' },
  LEASE_LOST: { retry: 'now', text: 'Another instance does this now.' },
  FEED_UNAVAILABLE: { retry: 'later', text: 'The feed of the other service cannot be read now.' },
  FEED_INVALID: { retry: 'never', text: 'The feed answered something that is not a feed.' },
  BUS_UNAVAILABLE: { retry: 'later', text: 'The broker does not answer now.' },
  BUS_GUARANTEE: { retry: 'never', text: 'The broker does not give what the bus needs.' },
  TRANSITION_FAILED: {
    retry: 'later',
    text: 'A transition threw; the message is tried again and then parked.'
  },
  EFFECT_FAILED: { retry: 'later', text: 'An outside effect failed; it is tried again and then parked.' },
  EFFECT_TIMEOUT: { retry: 'later', text: 'An outside effect took longer than its limit.' },
  DEAD_LETTER_UNKNOWN: {
    retry: 'never',
    text: 'There is no dead letter with that number; numbers have gaps.'
  },
  DEAD_LETTER_STATE: { retry: 'never', text: 'The dead letter is not in a state that allows this.' },
  REBUILD_RUNNING: { retry: 'later', text: 'A rebuild of this projection is already running.' },
  REBUILD_IMPOSSIBLE: { retry: 'never', text: 'This part of the service cannot be rebuilt from a log.' },
  BODY_INVALID: { retry: 'never', text: 'The body is not JSON that can be read.' },
  BODY_TOO_LARGE: { retry: 'never', text: 'The body is larger than the limit.' },
  BODY_TOO_DEEP: { retry: 'never', text: 'The body is nested deeper than the limit.' },
  MEDIA_TYPE_UNKNOWN: { retry: 'never', text: 'The body is of a type that is not taken here.' },
  REQUEST_INVALID: { retry: 'never', text: 'The request is not HTTP that can be read.' },
  REQUEST_TIMEOUT: { retry: 'now', text: 'The request took too long to arrive.' },
  HEADERS_TOO_LARGE: { retry: 'never', text: 'The headers of the request are larger than the limit.' },
  HOST_UNKNOWN: { retry: 'never', text: 'The request asks for a host that is not served here.' },
  ORIGIN_REFUSED: { retry: 'never', text: 'The request comes from a page of another site.' },
  ADMIN_REFUSED: { retry: 'never', text: 'The administration answers only to programs on its own machine.' },
  ROUTE_UNKNOWN: { retry: 'never', text: 'Nothing is served at that address.' },
  METHOD_UNKNOWN: { retry: 'never', text: 'The address does not take that method.' },
  CONFIG_INVALID: { retry: 'never', text: 'The configuration cannot be used.' },
  PORT_TAKEN: { retry: 'later', text: 'The port is in use by another program.' },
  USAGE_INVALID: { retry: 'never', text: 'The command was not understood.' },
  SYSTEM_UNREACHABLE: { retry: 'later', text: 'No running system answers.' },
  INTERNAL: { retry: 'later', text: 'Something that should not happen happened; the log says more.' }
}

/** Details of a failure: plain JSON that helps the reader, never secrets. */
export type FailureDetails = Readonly<Record<string, unknown>>

/** An operational failure: `code` from the one table, `details` as data, the original error as `cause`. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: FailureCode
  readonly details: FailureDetails

  constructor(code: FailureCode, details: FailureDetails = {}, cause?: unknown) {
    const hint = typeof details['hint'] === 'string' ? ` ${details['hint']}` : ''
    super(`${failures[code].text}${hint}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.details = details
  }

  /** When the same call may succeed. */
  get retry(): RetryHint {
    return failures[this.code].retry
  }
}

/** Raises a failure: beside the assertion the only `throw` of the core. */
export function fail(code: FailureCode, details: FailureDetails = {}): never {
  throw new Failure(code, details)
}

/** The failure itself, or `INTERNAL` with the thrown value as its cause. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new Failure('INTERNAL', { hint: message }, thrown)
}
