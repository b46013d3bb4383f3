import { Failure, type ServiceDefinition } from '../core/index.ts'
import type { Feed, Query } from '../ports/index.ts'
import type {
  CommandAnswer,
  CommandRequest,
  EntityView,
  ReadOptions,
  RunningService,
  ServiceStatus
} from '../runtime/index.ts'
import { failureOfProblem, type Problem } from './problem.ts'
import { remoteDeadLetters } from './remote-dead-letters.ts'
import { answerMs, type RemoteGateway } from './remote-exchange.ts'

const checkMs = 600_000
/** How long an instance may take to say how it is: who asks for all of them must not wait long for one that hangs. */
const statusMs = 10_000

const part = encodeURIComponent

function headersOf({ idempotencyKey, correlationId, traceparent }: CommandRequest): Record<string, string> {
  return {
    ...(idempotencyKey === undefined
      ? {}
      : { 'idempotency-key': `"${idempotencyKey.replaceAll(/["\\]/g, '\\$&')}"` }),
    ...(correlationId === undefined ? {} : { 'correlation-id': correlationId }),
    ...(traceparent === undefined ? {} : { traceparent })
  }
}

function queryText({ filters, orderBy, descending, limit, cursor }: Query, options: ReadOptions): string {
  const query = waiting(options)
  for (const { field, comparison, value } of filters) query.append(`${field}[${comparison}]`, `${value}`)
  query.set('order', `${descending ? '-' : ''}${orderBy}`)
  query.set('limit', `${limit}`)
  if (cursor !== undefined) query.set('cursor', cursor)
  return query.toString()
}

function waiting({ after = [], waitMs }: ReadOptions): URLSearchParams {
  const query = new URLSearchParams(after.map((position) => ['after', position]))
  if (waitMs !== undefined) query.set('waitMs', `${waitMs}`)
  return query
}

/** A service that runs in another process, asked through the gateway there. */
export function remoteService(
  definition: ServiceDefinition,
  feed: Feed,
  gateway: RemoteGateway
): RunningService {
  const base = `/${part(definition.name)}`
  const admin = `/admin${base}`
  return {
    definition,
    feed,
    deadLetters: remoteDeadLetters(gateway),
    async send(command): Promise<CommandAnswer> {
      const { type, key, data } = command
      const machine = definition.machineOf.get(type)
      if (!machine)
        throw new Failure('COMMAND_UNKNOWN', { hint: `${definition.name} takes no command '${type}'.` })
      const path = `${base}/${part(machine.name)}/${part(key)}/${part(type)}`
      const headers = headersOf(command)
      const { isOk, body } = await gateway.ask({ method: 'POST', path, headers, body: data, maxMs: answerMs })
      if (isOk) return body as CommandAnswer
      const { refusal, correlationId = '' } = body as Partial<Problem>
      if (!refusal) throw failureOfProblem(body)
      return { outcome: 'refused', refusal: { kind: 'refusal', ...refusal }, correlationId } as CommandAnswer
    },
    async row(projection, key, options = {}) {
      const path = `${base}/${part(projection)}/${part(key)}?${waiting(options)}`
      return (await gateway.get<{ readonly data: unknown }>(path, answerMs)).data
    },
    query: (projection, query, options = {}) =>
      gateway.get(`${base}/${part(projection)}?${queryText(query, options)}`, answerMs),
    async entity(unit, key, atPosition) {
      const at = atPosition === undefined ? '' : `?at=${atPosition}`
      return gateway
        .get<EntityView>(`${admin}/entities/${part(unit)}/${part(key)}${at}`, answerMs)
        .catch(unlessUnknown(undefined))
    },
    async history(unit, key) {
      const path = `${admin}/entities/${part(unit)}/${part(key)}/history`
      const { history } = await gateway
        .get<{ readonly history: [] }>(path, answerMs)
        .catch(unlessUnknown({ history: [] }))
      return history
    },
    async entities(unit, afterKey, limit) {
      const query = new URLSearchParams({
        limit: `${limit}`,
        ...(afterKey === '' ? {} : { after: afterKey })
      })
      const path = `${admin}/entities/${part(unit)}?${query}`
      return (await gateway.get<{ readonly entities: readonly EntityView[] }>(path, answerMs)).entities
    },
    async rebuild(unit, by = 'anonymous') {
      const path = `${admin}/rebuilds/${part(unit)}`
      const headers = { 'skerry-operator': by }
      const { isOk, body } = await gateway.ask({ method: 'POST', path, headers, body: {}, maxMs: answerMs })
      if (!isOk) throw failureOfProblem(body)
      return body as Awaited<ReturnType<RunningService['rebuild']>>
    },
    rowsHash: (projection) => gateway.get(`${admin}/hash/${part(projection)}`, checkMs),
    instances: async () => (await gateway.get<ServiceStatus>(`${admin}/status`, answerMs)).instances,
    status: () => gateway.get(`${admin}/status`, statusMs),
    state: async () => (await gateway.get<ServiceStatus>(`${admin}/status`, statusMs)).state,
    async check() {
      return (await gateway.get<{ readonly problems: readonly string[] }>(`${admin}/check`, checkMs)).problems
    }
  }
}

/** What each instance of a service says of it. Fails with `SERVICE_UNREACHABLE` when one stands still, or none is there. */
export function remoteStatuses(gateway: RemoteGateway): Promise<readonly ServiceStatus[]> {
  return gateway.getAll(`/admin/${part(gateway.service)}/status`, statusMs)
}

/** What is not there is no failure to whoever asks whether it is. */
function unlessUnknown<Value>(otherwise: Value): (thrown: unknown) => Value {
  return (thrown) => {
    if (thrown instanceof Failure && thrown.code === 'ENTITY_UNKNOWN') return otherwise
    throw thrown
  }
}
