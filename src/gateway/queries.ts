import type { FastifyInstance, FastifyRequest } from 'fastify'
import { checkKey, Failure, type ProjectionDefinition } from '../core/index.ts'
import type { ReadOptions, RunningService } from '../runtime/index.ts'
import { numberOf, projectionNamed, serviceNamed } from './address.ts'
import { type Answer, taggedJson } from './answer.ts'
import type { Edge } from './edge.ts'
import { type FieldKind, fieldKinds } from './field-kinds.ts'
import { queryOfAddress } from './query-parameters.ts'
import { positionsOf } from './request-headers.ts'
import { pathOf, pathOnly, queryOf, serve } from './serve.ts'
import { unitUse } from './unit-use.ts'

const waitDefaultMs = 2_000

/** Where the next page is, as a link that a program can follow without building it. */
function nextLink(request: FastifyRequest, cursor: string): string {
  const parameters = new URLSearchParams(queryOf(request))
  parameters.set('cursor', cursor)
  return `<${pathOnly(request)}?${parameters}>; rel="next"`
}

/** What is read, or `STOPPING` when the gateway closes meanwhile: nobody who closes waits for one who waits. */
function unlessClosing<Result>(closing: AbortSignal, read: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Failure('STOPPING'))
    closing.addEventListener('abort', stop)
    read.then(resolve, reject).finally(() => closing.removeEventListener('abort', stop))
  })
}

/** `GET /<service>/<projection>` and `GET /<service>/<projection>/<key>`: reads local read models. */
export function serveQueries(app: FastifyInstance, edge: Edge): void {
  const kindsOf = new Map<ProjectionDefinition, ReadonlyMap<string, FieldKind>>()

  const projectionOf = (service: RunningService, name: string): ReadonlyMap<string, FieldKind> => {
    const projection = projectionNamed(service.definition, name)
    const kinds = kindsOf.get(projection) ?? fieldKinds(projection)
    kindsOf.set(projection, kinds)
    return kinds
  }

  const readOptions = (request: FastifyRequest): ReadOptions => {
    const parameters = queryOf(request)
    const most = edge.limits.waitMaxMs
    const waitMs = numberOf(parameters, 'waitMs', {
      least: 0,
      most,
      otherwise: Math.min(waitDefaultMs, most)
    })
    return { after: positionsOf(request, parameters), waitMs }
  }

  const rows = async (request: FastifyRequest): Promise<Answer> => {
    const path = pathOf<'service' | 'projection'>(request)
    const service = serviceNamed(edge.system, path.service)
    const kinds = projectionOf(service, path.projection)
    const query = queryOfAddress(queryOf(request), kinds, edge.limits)
    const page = await unlessClosing(
      edge.closing,
      service.query(path.projection, query, readOptions(request))
    )
    const answer = taggedJson(request, page)
    return page.next === undefined
      ? answer
      : { ...answer, headers: { ...answer.headers, link: nextLink(request, page.next) } }
  }

  const row = async (request: FastifyRequest): Promise<Answer> => {
    const path = pathOf<'service' | 'projection' | 'key'>(request)
    const service = serviceNamed(edge.system, path.service)
    projectionNamed(service.definition, path.projection)
    const { key } = path
    checkKey(key)
    const data = await unlessClosing(edge.closing, service.row(path.projection, key, readOptions(request)))
    return taggedJson(request, { key, data })
  }

  const meant = (request: FastifyRequest): string | undefined => {
    const { service, projection } = pathOf<'service' | 'projection'>(request)
    return unitUse(edge.system.services.get(service)?.definition, projection)
  }

  serve(app, '/:service/:projection', { GET: rows }, meant)
  serve(app, '/:service/:projection/:key', { GET: row }, meant)
}
