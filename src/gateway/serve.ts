import { METHODS } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../core/index.ts'
import { type Answer, send } from './answer.ts'
import { releaseBody } from './json-body.ts'

/** Answers one request; a `Failure` that it throws becomes a problem. */
export type Handler = (request: FastifyRequest) => Answer | Promise<Answer>

/** The parts of an address, decoded. */
export function pathOf<Name extends string>(request: FastifyRequest): Readonly<Record<Name, string>> {
  return request.params as Readonly<Record<Name, string>>
}

/** The address without its query. */
export function pathOnly(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}

/** The query of an address. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  return request.query as URLSearchParams
}

// CONNECT never reaches a handler: Node closes such a connection by itself.
const routable = METHODS.filter((method) => method !== 'CONNECT')

/** Teaches the router every method of HTTP, so that a wrong one is told apart from a wrong address. */
export function knowEveryMethod(app: FastifyInstance): void {
  const known = new Set(app.supportedMethods)
  for (const method of routable) if (!known.has(method)) app.addHttpMethod(method)
}

/**
 * Serves an address: these methods by these handlers, OPTIONS with the list of them, any other with a problem, in which
 * `meant` may say where what was asked for is done.
 */
export function serve(
  app: FastifyInstance,
  url: string,
  handlers: Readonly<Partial<Record<'GET' | 'POST' | 'PUT', Handler>>>,
  meant: (request: FastifyRequest) => string | undefined = () => undefined
): void {
  const offered = Object.keys(handlers).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const allow = [...offered, 'OPTIONS'].join(', ')
  for (const [method, handler] of Object.entries(handlers))
    app.route({
      method,
      url,
      handler: async (request: FastifyRequest, reply: FastifyReply) => {
        try {
          return send(reply, await handler(request))
        } finally {
          releaseBody(request)
        }
      }
    })
  app.route({
    method: 'OPTIONS',
    url,
    handler: (_request, reply) => send(reply, { status: 204, headers: { allow } })
  })
  app.route({
    method: routable.filter((method) => method !== 'OPTIONS' && !offered.includes(method)),
    url,
    // As a hook, because what comes with such a request is of no interest: it is not even read.
    onRequest: (request, reply, done) => {
      reply.header('allow', allow)
      const hint = [`It takes ${allow}.`, meant(request) ?? []].flat().join(' ')
      done(new Failure('METHOD_UNKNOWN', { hint }))
    },
    handler: () => {}
  })
}

/** Answers every address below this one that nothing else serves with 404, whatever the method. */
export function serveNothing(app: FastifyInstance, url: string): void {
  app.route({
    method: routable,
    url,
    onRequest: (_request, _reply, done) => done(new Failure('ROUTE_UNKNOWN')),
    handler: () => {}
  })
}
