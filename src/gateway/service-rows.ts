import { type Failure, type FailureCode, toFailure } from '../core/index.ts'
import type { RunningService, ServiceStatus } from '../runtime/index.ts'

/** A service that could not say how it is: of what it has, nothing is known. */
export interface UnreachedService
  extends Pick<ServiceStatus, 'service' | 'subscriptions' | 'parked' | 'rebuilds' | 'instances'> {
  readonly state: 'unreachable'
  /** Why, in words. */
  readonly failure: string
  /** Why, as a code: `ADMIN_REFUSED` is of one that runs, and says how it is on its own machine only. */
  readonly code: FailureCode
}

/** What a service says of itself, or that it cannot be reached. */
export type ServiceRow = ServiceStatus | UnreachedService

/** What a service found when it checked itself; nothing was checked when there is a failure. */
export interface ServiceCheck {
  readonly service: string
  readonly problems: readonly string[]
  readonly failure?: string
  /** The code of that failure. */
  readonly code?: FailureCode
}

/** Of a service whose process is away, or speaks of itself to its own machine only. */
const silent: ReadonlySet<string> = new Set(['SERVICE_UNREACHABLE', 'ADMIN_REFUSED'])

/** Whether a failure is of one service, which says nothing of the others: also that it cannot use its store. */
function isItsOwn({ code }: Failure): boolean {
  return silent.has(code) || code.startsWith('STORE_')
}

/**
 * What was asked of a service, or what `otherwise` makes of it where the process is away, speaks of itself to its own
 * machine only, or cannot use its store. Fails with any other failure.
 */
export async function unlessAway<Value>(
  asked: Promise<Value>,
  otherwise: (failure: Failure) => Value
): Promise<Value> {
  try {
    return await asked
  } catch (thrown) {
    const failure = toFailure(thrown)
    if (!isItsOwn(failure)) throw failure
    return otherwise(failure)
  }
}

/** The status of a service; one whose process is away must not hide the others. */
export function serviceRow(running: RunningService): Promise<ServiceRow> {
  const service = running.definition.name
  // The lists are there, and empty, for readers that know of no such rows.
  const nothing = { subscriptions: [], parked: [], rebuilds: [], instances: [] }
  return unlessAway<ServiceRow>(running.status(), ({ message, code }) => ({
    service,
    state: 'unreachable',
    failure: message,
    code,
    ...nothing
  }))
}

/** What a service finds when it checks itself, or why it could not be asked. */
export function serviceCheck(running: RunningService): Promise<ServiceCheck> {
  const service = running.definition.name
  return unlessAway<ServiceCheck>(
    running.check().then((problems) => ({ service, problems })),
    // A store that stopped over its data has found something: nobody need look for its process.
    ({ message, code }) =>
      code === 'STORE_CORRUPT'
        ? { service, problems: [message] }
        : { service, problems: [], failure: message, code }
  )
}
