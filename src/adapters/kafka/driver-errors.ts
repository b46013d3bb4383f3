import type { KafkaFetched } from './client.ts'

interface DriverError {
  readonly code?: unknown
  readonly message?: unknown
  readonly apiId?: unknown
  readonly serverErrorMessage?: unknown
  readonly response?: unknown
  readonly errors?: readonly unknown[]
}

// The driver puts what the brokers answered into errors within errors.
function* within(error: unknown): Generator<DriverError> {
  if (typeof error !== 'object' || error === null) return
  yield error as DriverError
  for (const inner of (error as DriverError).errors ?? []) yield* within(inner)
  yield* within((error as Error).cause)
}

/** The names that the protocol has for what went wrong, like `INVALID_REPLICATION_FACTOR`. */
export function errorNames(error: unknown): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { apiId, code } of within(error)) {
    if (typeof apiId === 'string') names.add(apiId)
    if (typeof code === 'string') names.add(code)
  }
  return names
}

/** What the brokers say in their own words, or else the driver. */
export function words(error: unknown): string {
  const said: string[] = []
  let innermost = String(error)
  for (const { serverErrorMessage, message } of within(error)) {
    if (typeof serverErrorMessage === 'string' && serverErrorMessage !== '') said.push(serverErrorMessage)
    if (typeof message === 'string' && message !== '') innermost = message
  }
  return said[0] ?? innermost
}

/** Whether a topic is not there, as far as whoever was asked knows. */
export function isUnknownTopic(error: unknown): boolean {
  if (errorNames(error).has('UNKNOWN_TOPIC_OR_PARTITION')) return true
  // The driver's own error for it has no name of its own.
  for (const { message } of within(error)) if (String(message).startsWith('Unknown topic ')) return true
  return false
}

/** The answer to a request for more that failed in parts. */
export function answerWithin(error: unknown): KafkaFetched | undefined {
  for (const { response } of within(error))
    if (Array.isArray((response as Partial<KafkaFetched> | undefined)?.responses))
      return response as KafkaFetched
  return undefined
}
