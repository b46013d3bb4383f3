import type { FastifyInstance, FastifyRequest } from 'fastify'
import { checkKey } from '../core/index.ts'
import type { CommandRequest } from '../runtime/index.ts'
import { checkCommand, serviceNamed } from './address.ts'
import { type Answer, json } from './answer.ts'
import type { Edge } from './edge.ts'
import { problemAnswer, refusalProblem } from './problem.ts'
import { correlationIdOf, idempotencyKeyOf, traceOf } from './request-headers.ts'
import { pathOf, pathOnly, serve } from './serve.ts'

type CommandPath = 'service' | 'machine' | 'key' | 'command'

function commandOf(request: FastifyRequest): CommandRequest {
  const { key, command } = pathOf<CommandPath>(request)
  const idempotencyKey = idempotencyKeyOf(request)
  const correlationId = correlationIdOf(request)
  const { traceparent } = traceOf(request)
  return {
    type: command,
    key,
    data: request.body ?? {},
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(traceparent === undefined ? {} : { traceparent })
  }
}

/** `POST /<service>/<machine>/<key>/<Command>`: decides a command; 200 when it is accepted and durable. */
export function serveCommands(app: FastifyInstance, edge: Edge): void {
  const decide = async (request: FastifyRequest): Promise<Answer> => {
    const path = pathOf<CommandPath>(request)
    const service = serviceNamed(edge.system, path.service)
    checkCommand(service.definition, path.machine, path.command)
    checkKey(path.key)
    const answer = await service.send(commandOf(request))
    const headers = { 'correlation-id': answer.correlationId }
    if (answer.outcome === 'accepted') return json(answer, { ...headers, 'skerry-position': answer.position })
    const { traceId } = traceOf(request)
    const context = { instance: pathOnly(request), traceId, correlationId: answer.correlationId }
    return problemAnswer(refusalProblem(answer.refusal, context), headers)
  }
  serve(app, '/:service/:machine/:key/:command', { POST: decide })
}
