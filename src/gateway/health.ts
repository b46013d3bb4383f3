import type { FastifyInstance } from 'fastify'
import { toFailure } from '../core/index.ts'
import { type Answer, json } from './answer.ts'
import type { Edge } from './edge.ts'
import { serve } from './serve.ts'

/**
 * `/health/live`: this process answers. `/health/ready`: every service takes work; 503 when one does not, so that a
 * balancer sends its requests elsewhere. `/health`: as `ready`, for people.
 */
export function serveHealth(app: FastifyInstance, edge: Edge): void {
  const ready = async (): Promise<Answer> => {
    const services = await Promise.all(
      [...edge.system.services.values()].map(async (service) => {
        const state = await service
          .state()
          .catch((thrown: unknown) =>
            toFailure(thrown).code === 'SERVICE_UNREACHABLE' ? 'unreachable' : 'store-down'
          )
        return [service.definition.name, edge.closing.aborted ? 'stopping' : state] as const
      })
    )
    const isReady = services.every(([, state]) => state === 'running')
    const answer = json({ ready: isReady, services: Object.fromEntries(services) })
    return { ...answer, status: isReady ? 200 : 503 }
  }
  serve(app, '/health', { GET: ready })
  serve(app, '/health/ready', { GET: ready })
  serve(app, '/health/live', { GET: () => json({ live: true }) })
}
