import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest
} from 'fastify'
import { groupCommit } from './group-commit.ts'
import {
  type LedgerTotals,
  ledgerDecider,
  ledgerSchema,
  ledgerTotals,
  listEntries,
  type Movement,
  type Reversal
} from './payment-ledger.ts'
import { type Answer, asAnswer, patience, type Schedule } from './payment-patience.ts'
import { type Problem, problem } from './payment-problem.ts'
import { findTestCard, testCards } from './test-cards.ts'

export type PaymentProviderOptions = {
  /** Port on 127.0.0.1; 0 takes a free one. */
  port: number
  /** SQLite file of the ledger; made when absent, its folder too. */
  dataFile: string
  /** How long the card that answers late takes. */
  lateMs?: number
  /** How long a request that is never answered is held before the connection is cut. */
  timeoutMs?: number
  /** The timer behind `lateMs` and `timeoutMs`; tests hand in one they drive. */
  schedule?: Schedule
}

/** A running provider. */
export type RunningProvider = {
  readonly url: string
  readonly port: number
  /** What the ledger adds up to now: the witness of what was really charged and refunded. */
  totals(): LedgerTotals
  /**
   * Answers what has been decided, cuts the requests that wait for a late or for no answer, and closes the
   * ledger. A late charge that was cut has not happened; its client repeats it with the same key.
   */
  close(): Promise<void>
}

type MovementBody = { card: string; pence: number; reference: string }
type ListQuery = { reference?: string; after?: string; limit?: string }

const text = { type: 'string', minLength: 1, maxLength: 200 }
const movementBody = {
  type: 'object',
  required: ['card', 'pence', 'reference'],
  additionalProperties: false,
  properties: { card: text, pence: { type: 'integer', minimum: 1, maximum: 1_000_000_000 }, reference: text }
}
const reversalBody = {
  type: 'object',
  required: ['chargeKey'],
  additionalProperties: false,
  properties: { chargeKey: text }
}
const keyHeader = {
  type: 'object',
  required: ['idempotency-key'],
  properties: { 'idempotency-key': { type: 'string', minLength: 1, maxLength: 255 } }
}
const count = { type: 'string', pattern: '^[0-9]{1,9}$' }
const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { reference: text, after: count, limit: count }
}

/**
 * Starts the sandbox payment provider on 127.0.0.1.
 *
 * A charge or refund and its answer become durable together before the answer is sent, under the request's
 * Idempotency-Key: a repeat with the same body gets the first answer, also after a crash; another body gets
 * 422. A repeat that arrives while the first still waits for its late answer waits with it and gets the same
 * one, because a client that repeats wants to know the outcome, and the key already rules out a second
 * charge. Failures (5xx) are no answers and are not kept.
 */
export async function startPaymentProvider(options: PaymentProviderOptions): Promise<RunningProvider> {
  const ledger = groupCommit({ file: options.dataFile, schema: ledgerSchema, prepare: ledgerDecider })
  const waits = patience(ledger.add, options)
  const app = fastify({
    bodyLimit: 16_384,
    requestTimeout: 30_000,
    keepAliveTimeout: 60_000,
    http: { maxHeaderSize: 8_192, headersTimeout: 10_000 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } }
  })
  app.server.maxConnections = 2_000
  app.removeContentTypeParser('text/plain')
  answerTroubleAsProblems(app)

  const take = async (request: Movement | Reversal, reply: FastifyReply): Promise<FastifyReply> => {
    let verdict = await ledger.add(request)
    if (verdict.does === 'answer late' && request.kind !== 'reversal') verdict = await waits.untilDue(request)
    if (verdict.does === 'answer') return sendAnswer(reply, verdict)
    waits.hold(reply)
    return reply.hijack()
  }
  for (const kind of ['charge', 'refund'] as const) {
    app.post<{ Body: MovementBody }>(
      `/${kind}s`,
      { schema: { body: movementBody, headers: keyHeader } },
      (request, reply) => {
        const movement: Movement = { kind, key: keyOf(request), ...request.body }
        const wrong = wrongCard(movement)
        return wrong === undefined ? take(movement, reply) : sendProblem(reply, wrong)
      }
    )
    app.get<{ Querystring: ListQuery }>(`/${kind}s`, { schema: { querystring: listQuery } }, (request) => {
      const { reference, after = '0', limit = '1000' } = request.query
      const page = { kind, after: Number(after), limit: Math.min(Number(limit), 10_000) }
      return { [`${kind}s`]: listEntries(ledger.db, reference === undefined ? page : { ...page, reference }) }
    })
  }
  app.post<{ Body: { chargeKey: string } }>(
    '/reversals',
    { schema: { body: reversalBody, headers: keyHeader } },
    (request, reply) =>
      take({ kind: 'reversal', key: keyOf(request), chargeKey: request.body.chargeKey }, reply)
  )
  app.get('/totals', () => ledgerTotals(ledger.db))
  app.get('/cards', () => ({ cards: Object.values(testCards) }))

  try {
    await app.listen({ port: options.port, host: '127.0.0.1' })
  } catch (cause) {
    ledger.close()
    throw cause
  }
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    totals: () => ledgerTotals(ledger.db),
    close: async () => {
      waits.end()
      await app.close()
      ledger.close()
    }
  }
}

function keyOf(request: FastifyRequest): string {
  return String(request.headers['idempotency-key'])
}

function wrongCard(movement: Movement): Problem | undefined {
  const card = findTestCard(movement.card)
  if (card === undefined)
    return problem('card-unknown', { errors: [{ pointer: '/card', message: 'no test card' }] })
  if (card[movement.kind].does !== 'refuse') return undefined
  return problem('card-invalid', { errors: [{ pointer: '/card', message: 'no valid number' }] })
}

function sendAnswer(reply: FastifyReply, verdict: Answer): FastifyReply {
  if (verdict.replayed) reply.header('idempotency-replayed', 'true')
  const media = verdict.status < 400 ? 'application/json' : 'application/problem+json'
  return reply.code(verdict.status).header('content-type', `${media}; charset=utf-8`).send(verdict.body)
}

function sendProblem(reply: FastifyReply, wrong: Problem): FastifyReply {
  return sendAnswer(reply, asAnswer(wrong))
}

function answerTroubleAsProblems(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problem('not-found', { detail: `${request.method} ${request.url}` }))
  )
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.name === 'StoreTrouble') {
      return sendProblem(reply, problem('provider-unavailable', { detail: error.message }))
    }
    const status = error.statusCode ?? 500
    if (status >= 500) return sendProblem(reply, problem('provider-failed', { detail: error.message }))
    const errors = error.validation?.map(({ instancePath, message, params }) => {
      const field = params['missingProperty'] ?? params['additionalProperty']
      const part = error.validationContext ?? 'body'
      return { part, pointer: `${instancePath}${typeof field === 'string' ? `/${field}` : ''}`, message }
    })
    const more =
      errors === undefined
        ? { detail: error.message }
        : { detail: `${request.method} ${request.url}`, errors }
    const { body } = problem('body-invalid', more)
    return sendProblem(reply, { status, body: { ...body, status } })
  })
}
