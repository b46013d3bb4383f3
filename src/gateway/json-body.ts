import { isUtf8 } from 'node:buffer'
import type { FastifyRequest } from 'fastify'
import { Failure, type FieldProblem } from '../core/index.ts'
import { hasMoreValues, isDeeperThan, isSuspicious, unsafePlaces } from './json-safety.ts'
import type { GatewayLimits } from './limits.ts'

type Done = (error: Error | null, body?: unknown) => void

/** The part of a request's stream that is used here. */
interface Stream {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  on(event: 'end' | 'error' | 'close', listener: () => void): unknown
}

/** Reads the body of one request. */
export type BodyReader = (request: FastifyRequest, stream: Stream, done: Done) => void

interface Read {
  readonly failure: Failure | null
  readonly body?: unknown
}

const unreadable = (hint: string, problems?: readonly FieldProblem[]): Read => ({
  failure: new Failure('BODY_INVALID', problems ? { hint, problems } : { hint })
})

function parse(bytes: Buffer, limits: GatewayLimits): Read {
  if (bytes.length === 0) return unreadable('It is empty; send {} for a command without fields.')
  if (!isUtf8(bytes)) return unreadable('It is not UTF-8.')
  const text = bytes.toString('utf8')
  if (isDeeperThan(text, limits.bodyDepthMax))
    return {
      failure: new Failure('BODY_TOO_DEEP', { hint: `At most ${limits.bodyDepthMax} levels are taken.` })
    }
  if (hasMoreValues(text, limits.bodyValuesMax))
    return {
      failure: new Failure('BODY_TOO_LARGE', { hint: `At most ${limits.bodyValuesMax} values are taken.` })
    }
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    return unreadable(error instanceof Error ? `${error.message.slice(0, 200)}.` : '')
  }
  const problems = isSuspicious(text) ? unsafePlaces(body) : []
  return problems.length > 0 ? unreadable('Some places cannot be taken.', problems) : { failure: null, body }
}

const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i

/** Whether a type of JSON says that its text is not UTF-8. */
function isForeign(type: string | undefined): boolean {
  const named = type?.includes(';') ? charset.exec(type)?.[1] : undefined
  return named !== undefined && named.toLowerCase() !== 'utf-8'
}

/** The failure of a body that is something else than JSON in UTF-8. */
export function notJson(): Failure {
  return new Failure('MEDIA_TYPE_UNKNOWN', { hint: 'Send application/json in UTF-8.' })
}

/** Whether a body is packed, or says so: a program on the way that unpacks it would read another command. */
function isPacked(encoding: string | undefined): boolean {
  return encoding !== undefined && !/^\s*(identity)?\s*$/i.test(encoding)
}

const packed = (): Failure =>
  new Failure('MEDIA_TYPE_UNKNOWN', { hint: 'Send it as it is: no Content-Encoding is taken.' })

const tooLarge = (limits: GatewayLimits): Failure =>
  new Failure('BODY_TOO_LARGE', { hint: `At most ${limits.bodyMaxBytes} bytes are taken.` })

const held = new WeakMap<FastifyRequest, () => void>()

/** Says that a request is dealt with, and what came with it is no longer in memory. */
export function releaseBody(request: FastifyRequest): void {
  held.get(request)?.()
  held.delete(request)
}

/**
 * Reads JSON bodies within bounds: a body that says it is too large is refused unread, one that turns out to be is
 * refused as soon as it is, and all bodies that arrive or are dealt with at one time share a budget of memory.
 */
export function jsonBodyReader(limits: GatewayLimits): BodyReader {
  let taken = 0
  return (request, stream, done) => {
    if (isForeign(request.headers['content-type'])) return done(notJson())
    if (isPacked(request.headers['content-encoding'])) return done(packed())
    if (Number(request.headers['content-length'] ?? 0) > limits.bodyMaxBytes) return done(tooLarge(limits))
    const chunks: Buffer[] = []
    let received = 0
    let ended = false
    const end = (failure: Failure | null, body?: unknown): void => {
      if (ended) return
      ended = true
      const release = (): void => {
        taken -= received
      }
      if (failure) release()
      else held.set(request, release)
      done(failure, body)
    }
    stream.on('data', (chunk) => {
      if (ended) return
      received += chunk.length
      taken += chunk.length
      if (received > limits.bodyMaxBytes) end(tooLarge(limits))
      else if (taken > limits.bodiesMaxBytes) end(new Failure('OVERLOADED'))
      else chunks.push(chunk)
    })
    stream.on('end', () => {
      if (ended) return
      const [first = Buffer.alloc(0)] = chunks
      const read = parse(chunks.length > 1 ? Buffer.concat(chunks) : first, limits)
      end(read.failure, read.body)
    })
    const cut = (): void => {
      // Every stream closes, also one that was read to its end.
      if (!ended)
        end(new Failure('REQUEST_INVALID', { hint: 'The connection ended in the middle of the body.' }))
    }
    stream.on('error', cut)
    stream.on('close', cut)
  }
}
