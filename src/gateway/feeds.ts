import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Failure } from '../core/index.ts'
import { type Bus, type Clock, cloudEventOf, cloudEventsBatchType } from '../ports/index.ts'
import { serviceNamed } from './address.ts'
import { type Answer, isFresh, taggedJson } from './answer.ts'
import type { Edge } from './edge.ts'
import { type FeedPage, type FeedPages, type FeedQuery, feedPages } from './feed-page.ts'
import { pathOf, pathOnly, queryOf, serve } from './serve.ts'

/** Where the feeds of this gateway learn of news. */
export interface FeedNews {
  /** The bus on which the services of this system announce. */
  readonly bus: Bus
  readonly clock: Clock
}

const feedQueryOf = (query: URLSearchParams): FeedQuery => ({
  after: query.get('after') ?? undefined,
  limit: query.get('limit') ?? undefined,
  waitMs: query.get('waitMs') ?? undefined
})

const goneSignals = new WeakMap<Socket, AbortSignal>()

/** Aborted when the caller has gone away, so that nobody waits for it; one for all requests of a connection. */
function goneSignal({ raw: { socket } }: FastifyRequest): AbortSignal {
  const known = goneSignals.get(socket)
  if (known) return known
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  goneSignals.set(socket, gone.signal)
  return gone.signal
}

function pageAnswer(request: FastifyRequest, page: FeedPage): Answer {
  const query = new URLSearchParams(queryOf(request))
  query.set('after', page.next)
  const headers = {
    etag: page.etag,
    'cache-control': page.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    link: `<${pathOnly(request)}?${query}>; rel="next"`
  }
  if (isFresh(request, page.etag)) return { status: 304, headers }
  return { type: cloudEventsBatchType, headers, body: JSON.stringify(page.rows.map(cloudEventOf)) }
}

/** What a subscriber says of itself. */
function reportedPositions(body: unknown): readonly number[] {
  const { positions } = (body ?? {}) as { readonly positions?: unknown }
  const isPosition = (one: unknown): boolean => Number.isSafeInteger(one) && (one as number) >= 0
  if (Array.isArray(positions) && positions.every(isPosition)) return positions as number[]
  throw new Failure('BODY_INVALID', {
    hint: 'It takes { "positions": [12, 0, ...] }: the last position that was committed, for each partition.'
  })
}

/**
 * `GET /<service>/feed` and `GET /<service>/feed/<partition>`: what the service said, as CloudEvents; `PUT
 * /<service>/feed/subscribers/<name>`: how far somebody is. The protocol stands in `ports/feed-protocol.ts`.
 */
export function serveFeeds(app: FastifyInstance, edge: Edge, { bus, clock }: FeedNews): void {
  const pagesOf = new Map<string, FeedPages>()
  for (const [name, { feed }] of edge.system.services) pagesOf.set(name, feedPages({ feed, bus, clock }))
  edge.closing.addEventListener('abort', () => {
    for (const pages of pagesOf.values()) pages.stop()
  })
  const pagesNamed = (request: FastifyRequest): FeedPages => {
    const { name } = serviceNamed(edge.system, pathOf<'service'>(request).service).definition
    return pagesOf.get(name) as FeedPages
  }

  const headsOrNews = async (request: FastifyRequest): Promise<Answer> => {
    const pages = pagesNamed(request)
    const query = queryOf(request)
    if (!query.has('after')) return taggedJson(request, await pages.heads())
    return pageAnswer(request, await pages.news(feedQueryOf(query), goneSignal(request)))
  }
  const page = async (request: FastifyRequest): Promise<Answer> => {
    const { partition } = pathOf<'partition'>(request)
    const query = feedQueryOf(queryOf(request))
    return pageAnswer(request, await pagesNamed(request).page(partition, query, goneSignal(request)))
  }

  const acknowledge = async (request: FastifyRequest): Promise<Answer> => {
    const { service, name } = pathOf<'service' | 'name'>(request)
    const { feed } = serviceNamed(edge.system, service)
    if (!feed.acknowledge)
      throw new Failure('ROUTE_UNKNOWN', {
        hint: `The store of ${service} keeps all of its log, whoever reads it.`
      })
    await feed.acknowledge(name, reportedPositions(request.body))
    return { status: 204 }
  }

  serve(app, '/:service/feed', { GET: headsOrNews })
  serve(app, '/:service/feed/:partition', { GET: page })
  serve(app, '/:service/feed/subscribers/:name', { PUT: acknowledge })
}
