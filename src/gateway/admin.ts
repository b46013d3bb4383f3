import type { FastifyInstance, FastifyRequest } from 'fastify'
import { checkKey, Failure, flowsOf } from '../core/index.ts'
import type { RebuildStatus, RunningService } from '../runtime/index.ts'
import { numberOf, projectionNamed, serviceNamed } from './address.ts'
import { type Answer, json } from './answer.ts'
import type { Edge } from './edge.ts'
import { exchangesOf } from './exchanges.ts'
import { operatorOf } from './request-headers.ts'
import { type Handler, pathOf, queryOf, serve } from './serve.ts'
import { serviceCheck, serviceRow } from './service-rows.ts'
import { unitSummaries } from './unit-summary.ts'
import { unitFailure } from './unit-use.ts'

const positionMost = 999_999_999_999_999

/** The handler of one admin address, given the service that the address names. */
export type ServiceHandler = (request: FastifyRequest, service: RunningService) => Promise<Answer>

/** Turns the handlers of admin addresses into handlers that refuse whom the administration does not serve. */
export function adminHandlers(edge: Edge): {
  readonly whole: (handler: Handler) => Handler
  readonly ofService: (handler: ServiceHandler) => Handler
} {
  const whole =
    (handler: Handler): Handler =>
    (request) => {
      edge.trust.checkAdmin(request)
      return handler(request)
    }
  return {
    whole,
    ofService: (handler) =>
      whole((request) => handler(request, serviceNamed(edge.system, pathOf<'service'>(request).service)))
  }
}

function serveWhole(app: FastifyInstance, edge: Edge): void {
  const { whole } = adminHandlers(edge)
  const services = (): readonly RunningService[] => [...edge.system.services.values()]

  const status = async (): Promise<Answer> =>
    json({
      system: edge.system.definition.name,
      services: await Promise.all(services().map(serviceRow))
    })
  const check = async (): Promise<Answer> => {
    const found = await Promise.all(services().map(serviceCheck))
    const healthy = found.every(({ problems, failure }) => problems.length === 0 && failure === undefined)
    return json({ healthy, services: found })
  }
  const flows = (): Answer =>
    json({ flows: flowsOf(edge.system.definition), exchanges: exchangesOf(edge.system.definition) })

  serve(app, '/admin/status', { GET: whole(status) })
  serve(app, '/admin/check', { GET: whole(check) })
  serve(app, '/admin/flows', { GET: whole(flows) })
}

function serveEntities(app: FastifyInstance, edge: Edge): void {
  const { ofService } = adminHandlers(edge)
  const { rowsDefault, rowsMax } = edge.limits
  const unitOf = (request: FastifyRequest, service: RunningService): string => {
    const { unit } = pathOf<'unit'>(request)
    const { kind } = service.definition.units.get(unit) ?? {}
    if (kind === 'state-machine' || kind === 'process-manager') return unit
    throw unitFailure(service.definition, unit, 'state-machine', 'process-manager')
  }
  const keyOf = (request: FastifyRequest): string => {
    const { key } = pathOf<'key'>(request)
    checkKey(key)
    return key
  }

  const list: ServiceHandler = async (request, service) => {
    const query = queryOf(request)
    const limit = numberOf(query, 'limit', { least: 1, most: rowsMax, otherwise: rowsDefault })
    const entities = await service.entities(unitOf(request, service), query.get('after') ?? '', limit)
    const last = entities.at(-1)
    return json({ entities, ...(entities.length < limit || !last ? {} : { next: last.key }) })
  }
  const show: ServiceHandler = async (request, service) => {
    const query = queryOf(request)
    const at = query.has('at')
      ? numberOf(query, 'at', { least: 0, most: positionMost, otherwise: 0 })
      : undefined
    const entity = await service.entity(unitOf(request, service), keyOf(request), at)
    if (!entity)
      throw new Failure('ENTITY_UNKNOWN', at === undefined ? {} : { hint: `Not up to position ${at}.` })
    return json(entity)
  }
  const history: ServiceHandler = async (request, service) => {
    const rows = await service.history(unitOf(request, service), keyOf(request))
    if (rows.length === 0) throw new Failure('ENTITY_UNKNOWN')
    return json({ history: rows })
  }

  serve(app, '/admin/:service/entities/:unit', { GET: ofService(list) })
  serve(app, '/admin/:service/entities/:unit/:key', { GET: ofService(show) })
  serve(app, '/admin/:service/entities/:unit/:key/history', { GET: ofService(history) })
}

function serveRebuilds(app: FastifyInstance, edge: Edge): void {
  const { ofService } = adminHandlers(edge)
  const rebuilds = async (service: RunningService): Promise<readonly RebuildStatus[]> =>
    (await service.status()).rebuilds

  const list: ServiceHandler = async (_request, service) => json({ rebuilds: await rebuilds(service) })
  const start: ServiceHandler = async (request, service) => {
    const { unit } = pathOf<'unit'>(request)
    if (!service.definition.units.has(unit))
      throw new Failure('UNIT_UNKNOWN', { hint: `${service.definition.name} has no part named '${unit}'.` })
    const status = await service.rebuild(unit, operatorOf(request))
    return {
      ...json(status),
      status: 202,
      headers: { location: `/admin/${service.definition.name}/rebuilds` }
    }
  }

  serve(app, '/admin/:service/rebuilds', { GET: ofService(list) })
  serve(app, '/admin/:service/rebuilds/:unit', { POST: ofService(start) })
}

/** The administration under `/admin`, JSON only; see `Trust.checkAdmin` for whom it serves. */
export function serveAdmin(app: FastifyInstance, edge: Edge): void {
  const { ofService } = adminHandlers(edge)
  serveWhole(app, edge)
  serve(app, '/admin/:service/status', {
    GET: ofService(async (_request, service) => json(await service.status()))
  })
  serve(app, '/admin/:service/check', {
    GET: ofService(async (_request, service) => json({ problems: await service.check() }))
  })
  serve(app, '/admin/:service/units', {
    GET: ofService(async (_request, service) => json({ units: unitSummaries(service.definition) }))
  })
  serve(app, '/admin/:service/hash/:projection', {
    GET: ofService(async (request, service) => {
      const { projection } = pathOf<'projection'>(request)
      return json(await service.rowsHash(projectionNamed(service.definition, projection).name))
    })
  })
  serveEntities(app, edge)
  serveRebuilds(app, edge)
}
