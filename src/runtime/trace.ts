import type { Ids, LogRow } from '../ports/index.ts'
import { rowId } from '../ports/index.ts'

/** What a message hands on to those that follow from it. */
export interface Cause {
  readonly messageId: string
  readonly correlationId: string
  readonly traceparent: string
}

const traceparentForm = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** The caller's trace when it is well-formed W3C Trace Context, else the start of a new one. */
export function traceOf(traceparent: string | undefined, ids: Ids): string {
  const valid =
    traceparent !== undefined &&
    traceparentForm.test(traceparent) &&
    !traceparent.startsWith('00-00000000000000000000000000000000')
  return valid ? traceparent : `00-${ids.traceId()}-${ids.spanId()}-01`
}

/** The same trace with a span of its own. */
export function childTrace(traceparent: string, ids: Ids): string {
  return `${traceparent.slice(0, 36)}${ids.spanId()}${traceparent.slice(52)}`
}

/** What follows from a log row is caused by it. */
export function causeOf(row: LogRow): Cause {
  return { messageId: rowId(row), correlationId: row.correlationId, traceparent: row.traceparent }
}
