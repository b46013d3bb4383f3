import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { Failure } from '../core/index.ts'

const token = /^[\x21-\x7e]{1,255}$/
const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"$/
const words = /^[\x20-\x7e]{1,100}$/
const trace = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** The `Idempotency-Key`: a quoted string as its draft has it, or the bare characters. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const value = headerOf(request, 'idempotency-key')
  if (value === undefined) return undefined
  const text = quoted.exec(value)?.[1]
  if (text !== undefined) return text.replaceAll(/\\(.)/g, '$1')
  if (token.test(value) && !/[",]/.test(value)) return value
  throw new Failure('KEY_INVALID', {
    hint: 'Idempotency-Key takes 1 to 255 visible ASCII characters, best a UUID.'
  })
}

/** The caller's `Correlation-Id`. */
export function correlationIdOf(request: FastifyRequest): string | undefined {
  const value = headerOf(request, 'correlation-id')
  if (value === undefined || token.test(value)) return value
  throw new Failure('KEY_INVALID', { hint: 'Correlation-Id takes 1 to 255 visible ASCII characters.' })
}

/** Who changes something by hand, as the audit will name them. It is what the caller says, not a proof. */
export function operatorOf(request: FastifyRequest): string {
  const value = headerOf(request, 'skerry-operator') ?? 'anonymous'
  if (words.test(value)) return value
  throw new Failure('KEY_INVALID', { hint: 'Skerry-Operator takes 1 to 100 printable ASCII characters.' })
}

/** The caller's W3C Trace Context, and the id of its trace when it has a known form. */
export function traceOf(request: FastifyRequest): {
  readonly traceparent?: string
  readonly traceId?: string
} {
  const traceparent = headerOf(request, 'traceparent')
  const traceId = traceparent === undefined ? undefined : trace.exec(traceparent)?.[1]
  return traceparent === undefined || traceId === undefined ? {} : { traceparent, traceId }
}

/** Positions that a read must have seen: every `after` of the query and every one in the `Skerry-Position` header. */
export function positionsOf(request: FastifyRequest, query: URLSearchParams): readonly string[] {
  const listed = [...query.getAll('after'), headerOf(request, 'skerry-position') ?? '']
  return listed
    .flatMap((text) => text.split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/**
 * What is wrong with headers that programs on the way could read differently: too many of them, more than one Host,
 * or a name with an underscore, which some servers take for a hyphen.
 */
export function headersProblem(message: IncomingMessage, headersMax: number): Failure | undefined {
  const { rawHeaders } = message
  if (rawHeaders.length > headersMax * 2)
    return new Failure('HEADERS_TOO_LARGE', { hint: `At most ${headersMax} headers are taken.` })
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.includes('_'))
      return new Failure('REQUEST_INVALID', { hint: 'The name of a header must not hold an underscore.' })
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  return hosts > 1 ? new Failure('REQUEST_INVALID', { hint: 'A request has one Host.' }) : undefined
}
