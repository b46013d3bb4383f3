import type { FailureCode } from '../core/index.ts'
import type { ServiceRow, UnitSummary } from '../gateway/index.ts'
import type { LogRow, QueryPage } from '../ports/index.ts'
import type { EntityView, RebuildStatus, ServiceStatus, SubscriptionStatus } from '../runtime/index.ts'
import { type Alignment, counted, table } from './table.ts'

/** A service that could not be asked. */
interface Away {
  readonly failure: string
  readonly code?: FailureCode | undefined
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const kinds: Readonly<Record<UnitSummary['kind'], string>> = {
  'state-machine': 'machine',
  'process-manager': 'process',
  projection: 'projection',
  actor: 'actor'
}

/** How many messages of a service are dead. */
export function deadCount({ parked }: Pick<ServiceStatus, 'parked'>): number {
  return sum(parked.filter(({ status }) => status === 'dead').map(({ count }) => count))
}

const awayBy: Readonly<Partial<Record<FailureCode, string>>> = {
  ADMIN_REFUSED: 'runs, but does not say here how it is',
  STORE_CORRUPT: 'serves nothing any more',
  STORE_UNAVAILABLE: 'runs, but does not reach its store'
}

function whyAway(code: FailureCode | undefined): string {
  if (code === undefined) return 'cannot be reached'
  return awayBy[code] ?? (code.startsWith('STORE_') ? 'runs, but cannot use its store' : 'cannot be reached')
}

/**
 * Why nothing is known of a service: its process is away, answers programs on its own machine only, has given up, or runs
 * without its store.
 */
export function awayText({ failure, code }: Away): string {
  return `${whyAway(code)}: ${failure}`
}

const stateOf = (row: ServiceRow): string =>
  row.state === 'unreachable' && row.code === 'ADMIN_REFUSED' ? 'refuses' : row.state

const figures = ['messages', 'queued', 'pending', 'timers', 'dead']

function figuresOf(status: ServiceRow): readonly string[] {
  if (status.state === 'unreachable') return figures.map(() => '-')
  const { published, subscriptions, commandsQueued, timers } = status
  const pending = sum(subscriptions.map((one) => one.pending))
  return [published, commandsQueued, pending, timers, deadCount(status)].map(String)
}

const right: Alignment = 'right'

/** All services of a system, one a line. */
export function systemText(name: string, services: readonly ServiceRow[], columns: number): string {
  // Where each service is one process, that is not worth a column.
  const several = services.some(({ instances }) => instances.length > 1)
  const head = ['service', 'state', ...(several ? ['instances'] : []), ...figures]
  const rows = services.map((status) => {
    const count = status.state === 'unreachable' ? '-' : `${status.instances.length}`
    return [status.service, stateOf(status), ...(several ? [count] : []), ...figuresOf(status)]
  })
  const alignments: readonly Alignment[] = head.map((_, index) => (index < 2 ? 'left' : right))
  const away = services.flatMap((row) =>
    row.state === 'unreachable' ? [`${row.service} ${awayText(row)}`] : []
  )
  return [name, ...table([head, ...rows], columns, alignments), ...away].join('\n')
}

function subscriptionRow({
  subscription,
  source,
  published,
  done,
  parked,
  pending
}: SubscriptionStatus): string[] {
  return [subscription, source, ...[published, done, parked, pending].map(String)]
}

/** Which of several instances works for what. */
function instanceLines(instances: ServiceStatus['instances'], columns: number): readonly string[] {
  if (instances.length < 2) return []
  const rows = instances.map(({ id, url, leases }) => [url ?? id, leases.join(', ')])
  return ['', ...table([['instance', 'works for'], ...rows], columns)]
}

function rebuildLine({ unit, state, processed, total, failure }: RebuildStatus): string {
  const far =
    state === 'running'
      ? `${counted(processed, 'event')} of ${total.toLocaleString('en-GB')}`
      : (failure ?? '')
  return `rebuild of ${unit}: ${state}${far === '' ? '' : `, ${far}`}`
}

/** One service: its parts with what they take, and how far each has come in the logs it reads. */
export function serviceText(status: ServiceStatus, units: readonly UnitSummary[], columns: number): string {
  const { service, state, published, commandsQueued, timers, subscriptions, rebuilds, instances } = status
  const parts = units.map(({ name, kind, takes }) => [name, kinds[kind], takes.join(', ')])
  const reading = [
    ['reader', 'log of', 'messages', 'done', 'parked', 'pending'],
    ...subscriptions.map(subscriptionRow)
  ]
  const waiting = [
    `${counted(commandsQueued, 'command')} queued`,
    counted(timers, 'timer'),
    counted(deadCount(status), 'dead letter')
  ]
  return [
    `${service}: ${state}, ${counted(published, 'message')} said, ${waiting.join(', ')}`,
    '',
    ...table([['part', 'kind', 'takes'], ...parts], columns),
    '',
    ...table(reading, columns, ['left', 'left', right, right, right, right]),
    ...instanceLines(instances, columns),
    ...rebuilds.map(rebuildLine)
  ].join('\n')
}

function statusOf({ state }: EntityView): string {
  return state.status
}

function more(place: string, next: string | undefined): string[] {
  return next === undefined ? [] : [`More: skerry inspect ${place} --after '${next}'`]
}

/** Entities of a machine or process manager, one a line. */
export function entitiesText(
  place: string,
  { entities, next }: { readonly entities: readonly EntityView[]; readonly next?: string },
  columns: number
): string {
  if (entities.length === 0) return 'There are none.'
  const rows = entities.map((entity) => [
    entity.key,
    statusOf(entity),
    `${entity.sequence}`,
    JSON.stringify(entity.state)
  ])
  const lines = table([['key', 'status', 'messages', 'state'], ...rows], columns, ['left', 'left', right])
  return [...lines, ...more(place, next)].join('\n')
}

/** Rows of a projection, one a line. */
export function rowsText(place: string, { rows, next }: QueryPage, columns: number): string {
  if (rows.length === 0) return 'There are none.'
  const lines = table([['key', 'row'], ...rows.map(({ key, data }) => [key, JSON.stringify(data)])], columns)
  return [...lines, ...more(place, next === undefined ? undefined : rows.at(-1)?.key)].join('\n')
}

/** What a key said, oldest first. */
export function historyText(rows: readonly LogRow[], columns: number): string {
  const lines = rows.map(({ position, timeMs, kind, type, data }) => [
    `${position}`,
    new Date(timeMs).toISOString(),
    kind === 'event' ? type : `${kind} ${type}`,
    JSON.stringify(data)
  ])
  return table([['position', 'time', 'message', 'data'], ...lines], columns, [right]).join('\n')
}

/** The state of one key, as JSON to be read. */
export function stateText({ unit, key, sequence, state }: EntityView): string {
  return [
    `${unit} ${key}: ${statusOf({ unit, key, sequence, state })}, ${counted(sequence, 'message')}`,
    JSON.stringify(state, undefined, 2)
  ].join('\n')
}
