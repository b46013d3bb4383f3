import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure, toFailure } from '../core/index.ts'
import { send } from './answer.ts'
import type { Edge } from './edge.ts'
import { notJson } from './json-body.ts'
import { problemAnswer, problemOf } from './problem.ts'
import { traceOf } from './request-headers.ts'
import { pathOnly } from './serve.ts'
import { statuses } from './statuses.ts'

/** What the framework raises by itself, in our words. */
const translated: Readonly<Record<string, () => Failure>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: notJson,
  FST_ERR_BAD_URL: () => new Failure('KEY_INVALID', { hint: 'The address is not percent-encoded UTF-8.' })
}

function failureOf(error: unknown): Failure {
  const { code, statusCode } = (error ?? {}) as { readonly code?: unknown; readonly statusCode?: unknown }
  if (typeof code !== 'string' || !code.startsWith('FST_')) return toFailure(error)
  const isTheirs = typeof statusCode === 'number' && statusCode < 500
  return translated[code]?.() ?? (isTheirs ? new Failure('REQUEST_INVALID', {}, error) : toFailure(error))
}

/** Answers whatever a request failed with. What is our own fault is logged with the id that the caller is given. */
export function answerFailure(
  edge: Edge,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply
): void {
  const failure = failureOf(error)
  const instance = pathOnly(request)
  const isOurs = statuses[failure.code] === 500
  const traceId = traceOf(request).traceId ?? (isOurs ? edge.ids.traceId() : undefined)
  if (isOurs)
    edge.log.error('A request failed inside the server.', {
      code: failure.code,
      method: request.method,
      path: instance,
      traceId,
      error: failure
    })
  send(reply, problemAnswer(problemOf(failure, { instance, traceId })))
}

/** Makes every failure of a request, and every address that nobody serves, an answer in one form. */
export function serveFailures(app: FastifyInstance, edge: Edge): void {
  app.setErrorHandler((error, request, reply) => answerFailure(edge, error, request, reply))
  app.setNotFoundHandler((request, reply) =>
    answerFailure(edge, new Failure('ROUTE_UNKNOWN'), request, reply)
  )
}
