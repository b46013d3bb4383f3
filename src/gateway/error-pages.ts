import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Failure, type FailureCode, failures } from '../core/index.ts'
import { type Answer, json } from './answer.ts'
import { pathOf, serve } from './serve.ts'
import { statuses } from './statuses.ts'

/** `GET /errors/<CODE>`: what the `type` of a problem means. No name of a service has capitals, so none is hidden. */
export function serveErrorPages(app: FastifyInstance): void {
  const explain = (request: FastifyRequest): Answer => {
    const { code } = pathOf<'code'>(request)
    if (!Object.hasOwn(failures, code)) throw new Failure('ROUTE_UNKNOWN')
    const { text, retry } = failures[code as FailureCode]
    return json(
      { code, meaning: text, status: statuses[code as FailureCode], retry },
      { 'cache-control': 'public, max-age=3600' }
    )
  }
  serve(app, '/errors/:code(^[A-Z_]+$)', { GET: explain })
}
