import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Failure, isPublic, type SystemDefinition } from '../core/index.ts'
import type { Query, QueryPage } from '../ports/index.ts'
import type { ServiceStatus } from '../runtime/index.ts'
import type { Answer } from './answer.ts'
import type { Edge } from './edge.ts'
import { exchangesOf } from './exchanges.ts'
import { homePage } from './home-page.ts'
import { type LatestRows, type SampleCommand, samplesOf } from './home-parts.ts'
import { pagePolicy } from './home-style.ts'
import { serve } from './serve.ts'

/** What the page at `/` shows beside the services and what flows between them. */
export interface HomeOptions {
  /** The name of the system when left out. */
  readonly title?: string
  /** A sentence or two for somebody who meets the system for the first time. */
  readonly text?: string
  readonly latest?: LatestRows
  readonly tryIt?: SampleCommand
}

function checkParts(system: SystemDefinition, { latest, tryIt }: HomeOptions): void {
  const refuse = (hint: string): never => {
    throw new Failure('CONFIG_INVALID', { hint: `The home page ${hint}` })
  }
  const shown = latest && system.services.get(latest.service)
  if (shown && shown.units.get(latest.projection)?.kind !== 'projection')
    refuse(`shows ${latest.service}/${latest.projection}, which is no projection.`)
  const tried = tryIt && system.services.get(tryIt.service)
  if (tried && tried.machineOf.get(tryIt.command)?.name !== tryIt.machine)
    refuse(`offers ${tryIt.command}, which ${tryIt.service}/${tryIt.machine} does not take.`)
  if (tried && !isPublic(tried, tryIt.command))
    refuse(`offers ${tryIt.command}, which is internal: only parts of ${tryIt.service} send it.`)
}

function queryOfLatest({ order = '-key', limit = 10 }: LatestRows): Query {
  return { filters: [], orderBy: order.replace(/^-/, ''), descending: order.startsWith('-'), limit }
}

/** `GET /`: a page for people, complete without JavaScript and without anything from elsewhere. */
export function serveHome(app: FastifyInstance, edge: Edge, options: HomeOptions): void {
  const { definition, services } = edge.system
  checkParts(definition, options)
  const flows = exchangesOf(definition)
  const { latest, tryIt } = options

  const rowsOf = async (): Promise<QueryPage['rows'] | undefined> => {
    const service = latest && services.get(latest.service)
    if (!service) return undefined
    return (await service.query(latest.projection, queryOfLatest(latest))).rows
  }

  // A service that cannot answer must not take the page with it: the page is where one looks then.
  const orElse = <Value>(value: Promise<Value>): Promise<Value | undefined> => value.catch(() => undefined)

  const home = async (request: FastifyRequest): Promise<Answer> => {
    const statuses = await Promise.all(
      [...services].map(
        async ([name, service]): Promise<readonly [string, ServiceStatus | undefined]> => [
          name,
          await orElse(service.status())
        ]
      )
    )
    const origin = `http://${request.headers.host ?? ''}`
    const page = homePage({
      title: options.title ?? definition.name,
      text: options.text,
      services: new Map(statuses),
      flows,
      latest,
      rows: await orElse(rowsOf()),
      sample: tryIt && services.has(tryIt.service) ? samplesOf(tryIt, origin, edge.ids) : undefined
    })
    return { type: 'text/html; charset=utf-8', headers: pagePolicy(services.size), body: page.html }
  }
  serve(app, '/', { GET: home })
}
