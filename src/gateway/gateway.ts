import Fastify, { type FastifyInstance } from 'fastify'
import { Failure } from '../core/index.ts'
import type { Bus, Clock, Ids, Log } from '../ports/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import { serveAdmin } from './admin.ts'
import { serveCommands } from './commands.ts'
import { serveDeadLetters } from './dead-letters.ts'
import type { Edge } from './edge.ts'
import { answerFailure, serveFailures } from './error-answers.ts'
import { serveErrorPages } from './error-pages.ts'
import { serveFeeds } from './feeds.ts'
import { serveHealth } from './health.ts'
import { type HomeOptions, serveHome } from './home.ts'
import { jsonBodyReader } from './json-body.ts'
import { boundAnswers } from './large-answers.ts'
import { type GatewayLimits, gatewayLimits } from './limits.ts'
import { serveQueries } from './queries.ts'
import { refuseConnection } from './refused-connections.ts'
import { headersProblem } from './request-headers.ts'
import { isHealth, pathOfTarget, targetProblem } from './request-target.ts'
import { knowEveryMethod, serveNothing } from './serve.ts'
import { Trust } from './trust.ts'

/** What a gateway needs. */
export interface GatewayOptions {
  readonly system: RunningSystem
  /** The bus on which the services of the system announce: feeds wake their readers by it. */
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** 0 takes a free one. */
  readonly port: number
  /** The address to listen on; `127.0.0.1` when left out, so that nobody else can reach it. */
  readonly host?: string
  /** Names beside those of the loopback interface by which this gateway may be asked for while it listens there. */
  readonly hosts?: readonly string[]
  readonly limits?: Partial<GatewayLimits>
  readonly home?: HomeOptions
}

/** A gateway that listens. */
export interface Gateway {
  /** Where it listens, such as `http://127.0.0.1:4000`. */
  readonly url: string
  /**
   * Takes no new connection, ends what only waits at once, gives requests under way `closeMs` to finish, then cuts
   * what is left. Calling it again gives the same promise.
   */
  close(): Promise<void>
}

function fastify(limits: GatewayLimits, fail: (...parts: FailureParts) => void): FastifyInstance {
  const app = Fastify({
    logger: false,
    return503OnClosing: false,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionTimeout: limits.silenceMs,
    maxRequestsPerSocket: limits.requestsPerConnectionMax,
    clientErrorHandler: refuseConnection,
    frameworkErrors: fail,
    rewriteUrl: ({ url = '/' }) => pathOfTarget(url),
    routerOptions: {
      // Keys are bounded by their own rule, with its own answer; all headers together bound the address.
      maxParamLength: limits.headerMaxBytes,
      querystringParser: (text) => new URLSearchParams(text) as unknown as Record<string, unknown>
    },
    http: {
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: limits.slowCheckMs,
      maxHeaderSize: limits.headerMaxBytes
    }
  })
  // Node would leave out headers beyond a number of its own without a word; they are counted in a hook instead.
  app.server.maxHeadersCount = 0
  app.server.maxConnections = limits.connectionsMax
  knowEveryMethod(app)
  return app
}

type FailureParts = Parameters<typeof answerFailure> extends [unknown, ...infer Rest] ? Rest : never

function guard(app: FastifyInstance, edge: Edge): void {
  const { limits, trust, closing } = edge
  const distrusted = new WeakSet<object>()
  app.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw
    // Requests that were sent along with a refused one have been parsed already; they are left undone.
    if (distrusted.has(socket)) {
      reply.hijack()
      return
    }
    const odd =
      headersProblem(request.raw, limits.headersMax) ??
      targetProblem(request.originalUrl, request.method, request.headers.host)
    if (odd) {
      distrusted.add(socket)
      reply.header('connection', 'close')
      return done(odd)
    }
    if (isHealth(request.url)) return done()
    if (closing.aborted) throw new Failure('STOPPING')
    trust.checkHost(request)
    trust.checkOrigin(request)
    done()
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', jsonBodyReader(limits))
  app.server.on('checkContinue', (message, response) => {
    // A body that will be refused is not asked for.
    if (Number(message.headers['content-length'] ?? 0) <= limits.bodyMaxBytes) response.writeContinue()
    app.server.emit('request', message, response)
  })
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    const { code } = error as { readonly code?: unknown }
    if (code === 'EADDRINUSE')
      throw new Failure('PORT_TAKEN', { host, port, hint: `It is ${port} of ${host}.` }, error)
    throw new Failure(
      'CONFIG_INVALID',
      { hint: `The gateway cannot listen on ${host}, port ${port}: ${(error as Error).message}.` },
      error
    )
  }
  const address = app.server.address()
  const taken = typeof address === 'object' && address ? address.port : port
  return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`
}

function closer(app: FastifyInstance, closing: AbortController, closeMs: number): () => Promise<void> {
  const close = async (): Promise<void> => {
    closing.abort()
    const { server } = app
    // Connections that become idle from now on are not waited for.
    const sweep = setInterval(() => server.closeIdleConnections(), 20)
    const cut = setTimeout(() => server.closeAllConnections(), closeMs)
    try {
      await app.close()
    } finally {
      clearInterval(sweep)
      clearTimeout(cut)
    }
  }
  let closed: Promise<void> | undefined
  return () => {
    closed ??= close()
    return closed
  }
}

/**
 * Serves a running system over HTTP: commands, queries, feeds, the administration, health and a page for people.
 * Resolves when it listens; fails with `PORT_TAKEN` or `CONFIG_INVALID`. The system itself is not stopped by it.
 */
export async function gateway(options: GatewayOptions): Promise<Gateway> {
  const { system, bus, clock, ids, log, port, host = '127.0.0.1', hosts = [], home = {} } = options
  const limits = { ...gatewayLimits, ...options.limits }
  const closing = new AbortController()
  const edge: Edge = { system, log, ids, limits, trust: new Trust(host, hosts), closing: closing.signal }
  const app = fastify(limits, (...parts) => answerFailure(edge, ...parts))
  guard(app, edge)
  boundAnswers(app, limits)
  serveFailures(app, edge)
  serveHome(app, edge, home)
  serveHealth(app, edge)
  serveErrorPages(app)
  serveAdmin(app, edge)
  serveDeadLetters(app, edge)
  serveNothing(app, '/admin/*')
  serveNothing(app, '/health/*')
  serveFeeds(app, edge, { bus, clock })
  serveQueries(app, edge)
  serveCommands(app, edge)
  const url = await listen(app, host, port)
  return { url, close: closer(app, closing, limits.closeMs) }
}
