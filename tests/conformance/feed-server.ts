import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toFailure } from '../../src/core/index.ts'
import { type FeedPages, feedPages } from '../../src/gateway/feed-page.ts'
import { type Bus, type Clock, cloudEventOf, cloudEventsBatchType, type Feed } from '../../src/ports/index.ts'

/** Looks at a request before it is served; true when it has answered by itself. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => boolean

/** A server of feeds for tests: the protocol and nothing else. */
export interface FeedServer {
  readonly url: string
  /** How often each address was asked for. */
  readonly requests: readonly string[]
  intercept(interception: Interception | undefined): void
  close(): Promise<void>
}

async function answer(pages: FeedPages, url: URL, partition: string | undefined, gone: AbortSignal) {
  const param = (name: string): string | undefined => url.searchParams.get(name) ?? undefined
  const query = { after: param('after'), limit: param('limit'), waitMs: param('waitMs') }
  if (partition === undefined && query.after === undefined)
    return { body: await pages.heads(), type: 'application/json', immutable: false }
  const page = await (partition === undefined ? pages.news(query, gone) : pages.page(partition, query, gone))
  return { body: page.rows.map(cloudEventOf), type: cloudEventsBatchType, immutable: page.immutable }
}

async function serve(
  bus: Bus,
  pagesOf: (feed: Feed) => FeedPages,
  request: IncomingMessage,
  response: ServerResponse
) {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const [, service = '', , partition] = url.pathname.split('/')
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    const { body, type, immutable } = await answer(
      pagesOf(bus.feed(decodeURIComponent(service))),
      url,
      partition,
      gone.signal
    )
    response.writeHead(200, {
      'content-type': type,
      'cache-control': immutable ? 'public, immutable' : 'no-cache'
    })
    response.end(JSON.stringify(body))
  } catch (error) {
    const { code } = toFailure(error)
    response.writeHead(code === 'SERVICE_UNKNOWN' ? 404 : 400, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ code }))
  }
}

/** Serves the feeds that are offered to `bus` on a port of this machine, a free one by default. */
export async function feedServer(bus: Bus, clock: Clock, port = 0): Promise<FeedServer> {
  const known = new Map<Feed, FeedPages>()
  const requests: string[] = []
  let interception: Interception | undefined
  const pagesOf = (feed: Feed): FeedPages => {
    const pages = known.get(feed) ?? feedPages({ feed, bus, clock })
    known.set(feed, pages)
    return pages
  }
  const server: Server = createServer((request, response) => {
    requests.push(request.url ?? '')
    if (interception?.(request, response)) return
    void serve(bus, pagesOf, request, response)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    intercept(next: Interception | undefined): void {
      interception = next
    },
    async close(): Promise<void> {
      for (const pages of known.values()) pages.stop()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}
