import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Failure } from '../core/index.ts'
import type { ParkedFilter, ParkedStatus } from '../ports/index.ts'
import { numberOf } from './address.ts'
import { adminHandlers, type ServiceHandler } from './admin.ts'
import { json } from './answer.ts'
import type { Edge } from './edge.ts'
import type { GatewayLimits } from './limits.ts'
import { operatorOf } from './request-headers.ts'
import { pathOf, queryOf, serve } from './serve.ts'

const parkedStatuses: readonly ParkedStatus[] = ['pending', 'retrying', 'behind', 'dead']

function statusOf(text: string): ParkedStatus {
  const status = parkedStatuses.find((one) => one === text)
  if (status) return status
  const problem = `It is ${parkedStatuses.join(', ')}, or several of these with commas between.`
  throw new Failure('QUERY_INVALID', {
    hint: `status: ${problem}`,
    problems: [{ parameter: 'status', problem }]
  })
}

function filterOf(query: URLSearchParams, limits: GatewayLimits): ParkedFilter {
  const subscription = query.get('subscription')
  const key = query.get('key')
  return {
    status: (query.get('status') ?? 'dead').split(',').map(statusOf),
    afterNumber: numberOf(query, 'after', { least: 0, most: Number.MAX_SAFE_INTEGER, otherwise: 0 }),
    limit: numberOf(query, 'limit', { least: 1, most: limits.rowsMax, otherwise: limits.rowsDefault }),
    ...(subscription === null ? {} : { subscription }),
    ...(key === null ? {} : { key })
  }
}

function numberOfLetter(request: FastifyRequest): number {
  const { number } = pathOf<'number'>(request)
  if (/^\d{1,15}$/.test(number)) return Number(number)
  throw new Failure('DEAD_LETTER_UNKNOWN', { hint: 'Dead letters have numbers.' })
}

/** One field of the body, which must be an object with that field. */
function fieldOf(request: FastifyRequest, field: string): unknown {
  const { body } = request
  if (typeof body === 'object' && body !== null && Object.hasOwn(body, field))
    return (body as Readonly<Record<string, unknown>>)[field]
  const problems = [{ pointer: `/${field}`, problem: 'This field is needed.' }]
  throw new Failure('MESSAGE_INVALID', { hint: `Send {"${field}": ...}.`, problems })
}

function reasonOf(request: FastifyRequest): string {
  const reason = fieldOf(request, 'reason')
  if (typeof reason === 'string' && reason.trim() !== '' && reason.length <= 1_000) return reason
  const problems = [{ pointer: '/reason', problem: 'It says why, in 1 to 1,000 characters.' }]
  throw new Failure('MESSAGE_INVALID', { problems })
}

/** Dead letters under `/admin/<service>/dead-letters`: each change leaves an audit row with its `Skerry-Operator`. */
export function serveDeadLetters(app: FastifyInstance, edge: Edge): void {
  const { ofService } = adminHandlers(edge)

  const list: ServiceHandler = async (request, { deadLetters }) => {
    const filter = filterOf(queryOf(request), edge.limits)
    const found = await deadLetters.list(filter)
    const last = found.at(-1)
    return json({
      deadLetters: found,
      ...(found.length < filter.limit || !last ? {} : { next: last.number })
    })
  }
  const show: ServiceHandler = async (request, { deadLetters }) =>
    json(await deadLetters.show(numberOfLetter(request)))
  const edit: ServiceHandler = async (request, { deadLetters }) =>
    json(await deadLetters.edit(numberOfLetter(request), fieldOf(request, 'data'), operatorOf(request)))
  const redrive: ServiceHandler = async (request, { deadLetters }) =>
    json(await deadLetters.redrive(numberOfLetter(request), operatorOf(request)))
  const discard: ServiceHandler = async (request, { deadLetters }) => {
    const number = numberOfLetter(request)
    await deadLetters.discard(number, reasonOf(request), operatorOf(request))
    return json({ number, state: 'discarded' })
  }
  const audit: ServiceHandler = async (request, { deadLetters }) => {
    const { rowsDefault, rowsMax } = edge.limits
    const limit = numberOf(queryOf(request), 'limit', { least: 1, most: rowsMax, otherwise: rowsDefault })
    return json({ audit: await deadLetters.audit(limit) })
  }

  const letter = '/admin/:service/dead-letters/:number'
  serve(app, '/admin/:service/dead-letters', { GET: ofService(list) })
  serve(app, letter, { GET: ofService(show) })
  serve(app, `${letter}/edit`, { POST: ofService(edit) })
  serve(app, `${letter}/redrive`, { POST: ofService(redrive) })
  serve(app, `${letter}/discard`, { POST: ofService(discard) })
  serve(app, '/admin/:service/audit', { GET: ofService(audit) })
}
