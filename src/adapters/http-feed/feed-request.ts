import { Failure } from '../../core/index.ts'
import type { Cancel } from '../../ports/index.ts'
import type { HttpFeedSettings } from './options.ts'

/**
 * A body that was read, or the news that it is more than this process takes into memory, or than came in time: what to
 * fail with where less cannot be asked for.
 */
export type FeedAnswer =
  | { readonly tooLarge: false; readonly body: unknown; readonly bytes: number; readonly immutable: boolean }
  | { readonly tooLarge: true; readonly failure: Failure }

/** A request that may be given up, and who hears that the one who is asked says something. */
export interface Asking {
  /** Aborted when nobody wants the answer any more. */
  readonly closed: AbortSignal
  readonly heard: () => void
}

/** One request for a part of a feed. */
export interface FeedRequest extends Asking {
  readonly service: string
  readonly url: string
  readonly mediaType: string
  /** What is put there; without it, the address is read. */
  readonly put?: unknown
  /** How long the publisher may hold the answer back. */
  readonly waitMs?: number
}

// Answers that a later attempt may not get: too early, too slow, too many, or trouble on the other side.
const passingStatuses = new Set([408, 425, 429])
const goneStatus = 410
const refusedStatus = 400

function unavailable(request: FeedRequest, hint: string, cause?: unknown): Failure {
  return new Failure('FEED_UNAVAILABLE', { service: request.service, url: request.url, hint }, cause)
}

/** The failure for an answer that is no feed; `hint` says where in it. */
export function invalid(
  request: Pick<FeedRequest, 'service' | 'url'>,
  hint: string,
  more: Readonly<Record<string, unknown>> = {}
): Failure {
  return new Failure('FEED_INVALID', { service: request.service, url: request.url, hint, ...more })
}

function checkAnswer(request: FeedRequest, response: Response): void {
  const { status } = response
  if (request.put !== undefined && status === 204) return
  if ((status >= 500 && status !== 501) || passingStatuses.has(status))
    throw unavailable(request, `${request.url} answered ${status}.`)
  if (status !== 200)
    throw invalid(request, `${request.url} answered ${status}; is this the address of ${request.service}?`, {
      status
    })
  const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== request.mediaType)
    throw invalid(
      request,
      `${request.url} answered ${mediaType ?? 'no media type'} in place of ${request.mediaType}.`
    )
}

async function textOf(
  request: FeedRequest,
  response: Response,
  maxBytes: number
): Promise<{ text: string; bytes: number } | undefined> {
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
    await response.body?.cancel()
    return undefined
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  // A damaged character is no character: replaced by another it would be taken for what was said.
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw invalid(request, `${request.url} answered text that is not UTF-8.`)
    }
  }
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    request.heard()
    bytes += chunk.byteLength
    // Leaving the loop cancels the body.
    if (bytes > maxBytes) return undefined
    text += decode(chunk)
  }
  return { text: text + decode(), bytes }
}

function jsonOf(request: FeedRequest, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid(request, `${request.url} answered JSON that cannot be read: ${(error as Error).message}`)
  }
}

/** Why the publisher refuses, where it says so in a way that can be read. */
async function detailOf(
  request: FeedRequest,
  response: Response,
  { bodyMaxBytes }: HttpFeedSettings
): Promise<string | undefined> {
  try {
    const read = await textOf(request, response, bodyMaxBytes)
    const { detail } = (read ? jsonOf(request, read.text) : {}) as { readonly detail?: unknown }
    return typeof detail === 'string' ? detail : undefined
  } catch {
    return undefined
  }
}

/** What the publisher says of rows that it has archived. */
async function archived(
  request: FeedRequest,
  response: Response,
  settings: HttpFeedSettings
): Promise<Failure> {
  const { service, url } = request
  const hint = (await detailOf(request, response, settings)) ?? `${url} answered that it is gone.`
  return new Failure('LOG_ARCHIVED', { service, url, hint })
}

/** What the publisher says of a request that it does not take, as of positions that its log does not have. */
async function refused(
  request: FeedRequest,
  response: Response,
  settings: HttpFeedSettings
): Promise<Failure> {
  const { url } = request
  const why = (await detailOf(request, response, settings)) ?? `${refusedStatus}.`
  return invalid(request, `${url} answered: ${why}`, { status: refusedStatus })
}

async function answerOf(
  request: FeedRequest,
  settings: HttpFeedSettings,
  signal: AbortSignal
): Promise<FeedAnswer> {
  const response = await fetch(request.url, {
    headers: {
      ...settings.headers,
      accept: `${request.mediaType}, application/problem+json`,
      ...(request.put === undefined ? {} : { 'content-type': 'application/json' })
    },
    ...(request.put === undefined ? {} : { method: 'PUT', body: JSON.stringify(request.put) }),
    // Whoever answers must not send our headers on to an address that nobody configured.
    redirect: 'manual',
    signal
  })
  request.heard()
  if (response.status === goneStatus) throw await archived(request, response, settings)
  if (response.status === refusedStatus) throw await refused(request, response, settings)
  try {
    checkAnswer(request, response)
  } catch (failure) {
    // The socket is of use again only when the body is out of the way.
    await response.body?.cancel()
    throw failure
  }
  if (response.status === 204) return { tooLarge: false, body: undefined, bytes: 0, immutable: false }
  const read = await textOf(request, response, settings.bodyMaxBytes)
  if (read === undefined) {
    const hint = `${request.url} answered more than ${settings.bodyMaxBytes} bytes, the most that is read.`
    return { tooLarge: true, failure: invalid(request, hint) }
  }
  const immutable = /(^|[\s,])immutable($|[\s,])/.test(response.headers.get('cache-control') ?? '')
  return { tooLarge: false, body: jsonOf(request, read.text), bytes: read.bytes, immutable }
}

/**
 * Asks once. An answer that still comes when its time is over counts as too large. Fails with `FEED_UNAVAILABLE` when
 * the network, the publisher or the time did not allow it, with `FEED_INVALID` when what came is not what a feed answers,
 * with `LOG_ARCHIVED` when what is asked for was archived.
 */
export async function askFeed(request: FeedRequest, settings: HttpFeedSettings): Promise<FeedAnswer> {
  const given = new AbortController()
  const { clock, answerMs, requestMaxMs } = settings
  let late: number | undefined
  const after = (ms: number): Cancel => {
    const maxMs = ms + (request.waitMs ?? 0)
    return clock.schedule(maxMs, () => {
      late ??= maxMs
      given.abort()
    })
  }
  let heardMs = Number.NEGATIVE_INFINITY
  /** Whether something came of it a moment ago: it is slow, and does not stand still. */
  const flows = (): boolean => clock.nowMs() - heardMs < answerMs
  const cancelAnswer = after(Math.min(answerMs, requestMaxMs))
  const cancel = after(requestMaxMs)
  const heard = (): void => {
    heardMs = clock.nowMs()
    cancelAnswer()
    request.heard()
  }
  const onClosed = (): void => given.abort()
  request.closed.addEventListener('abort', onClosed)
  if (request.closed.aborted) given.abort()
  try {
    return await answerOf({ ...request, heard }, settings, given.signal)
  } catch (error) {
    if (error instanceof Failure) throw error
    if (request.closed.aborted)
      throw unavailable(request, `${request.url} was given up: it is asked no more.`)
    if (late !== undefined) {
      const failure = unavailable(request, `${request.url} did not answer within ${late} ms.`)
      if (flows()) return { tooLarge: true, failure }
      throw failure
    }
    throw unavailable(request, `${request.url} cannot be read: ${reasonOf(error)}.`, error)
  } finally {
    cancelAnswer()
    cancel()
    request.closed.removeEventListener('abort', onClosed)
  }
}

/** Asks once for what cannot be asked for in parts. Fails also when it was more than came in time, or than is read. */
export async function askWhole(request: FeedRequest, settings: HttpFeedSettings): Promise<unknown> {
  const answer = await askFeed(request, settings)
  if (answer.tooLarge) throw answer.failure
  return answer.body
}

// What fetch throws says only 'fetch failed'; the cause says why.
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return String(cause)
  const { code } = cause as { code?: unknown }
  return cause.message || String(code ?? cause.name)
}
