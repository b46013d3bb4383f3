import { Failure } from '../core/index.ts'
import type { ServiceRow, UnitSummary } from '../gateway/index.ts'
import type { LogRow, QueryPage } from '../ports/index.ts'
import type { EntityView, ServiceStatus } from '../runtime/index.ts'
import { path, placeOf, withQuery } from './address.ts'
import { type AdminClient, adminClient } from './admin-client.ts'
import type { Call } from './call.ts'
import { entitiesText, historyText, rowsText, serviceText, stateText, systemText } from './inspect-text.ts'
import { nearestName } from './nearest-name.ts'

/** What was asked for: as the system answered, and for people. */
interface Shown {
  readonly document: unknown
  readonly text: string
  /** A service of it could not be asked. */
  readonly isPartial?: boolean
}

function misused(option: string, where: string): never {
  throw new Failure('USAGE_INVALID', { hint: `--${option} is for ${where}.` })
}

/** Options that would have no effect are refused: whoever typed them expects something else. */
function checkOptions(call: Call, unit: string | undefined, key: string | undefined): void {
  for (const option of ['at', 'history'])
    if (key === undefined && (call.flag(option) || call.text(option) !== undefined))
      misused(option, 'one key, such as sales/order/o-1')
  for (const option of ['after', 'limit'])
    if ((unit === undefined || key !== undefined) && call.text(option) !== undefined)
      misused(option, 'a part of a service, such as sales/order')
}

async function system(client: AdminClient, columns: number): Promise<Shown> {
  const status = await client.get<{ readonly system: string; readonly services: readonly ServiceRow[] }>(
    '/admin/status'
  )
  return {
    document: status,
    text: systemText(status.system, status.services, columns),
    isPartial: status.services.some(({ state }) => state === 'unreachable')
  }
}

async function unitsOf(client: AdminClient, service: string): Promise<readonly UnitSummary[]> {
  return (await client.get<{ readonly units: readonly UnitSummary[] }>(path('admin', service, 'units'))).units
}

async function serviceShown(client: AdminClient, service: string, columns: number): Promise<Shown> {
  const status = await client.get<ServiceStatus>(path('admin', service, 'status'))
  const units = await unitsOf(client, service)
  return { document: { ...status, units }, text: serviceText(status, units, columns) }
}

async function unitNamed(client: AdminClient, service: string, name: string): Promise<UnitSummary> {
  const units = await unitsOf(client, service)
  const unit = units.find((one) => one.name === name)
  if (unit) return unit
  const names = units.map((one) => one.name)
  const near = nearestName(name, names)
  const hint = `${service} has ${names.join(', ')}, but no '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`
  throw new Failure('UNIT_UNKNOWN', { hint: near === undefined ? `${hint}.` : hint })
}

function nothingKept(service: string, unit: UnitSummary): never {
  throw new Failure('UNIT_UNKNOWN', {
    hint: `${service}/${unit.name} is an actor: it keeps nothing that could be shown.`
  })
}

async function unitShown(call: Call, client: AdminClient, service: string, name: string): Promise<Shown> {
  const { columns } = call.terminal
  const unit = await unitNamed(client, service, name)
  const limit = call.number('limit', 1, 500)
  const after = call.text('after')
  if (unit.kind === 'actor') nothingKept(service, unit)
  if (unit.kind === 'projection') {
    const filter = after === undefined ? {} : { 'key[gt]': after }
    const page = await client.get<QueryPage>(
      withQuery(path(service, name), { limit, order: 'key', ...filter })
    )
    return { document: page, text: rowsText(`${service}/${name}`, page, columns) }
  }
  const page = await client.get<{ readonly entities: readonly EntityView[]; readonly next?: string }>(
    withQuery(path('admin', service, 'entities', name), { limit, after })
  )
  return { document: page, text: entitiesText(`${service}/${name}`, page, columns) }
}

async function keyShown(
  call: Call,
  client: AdminClient,
  service: string,
  name: string,
  key: string
): Promise<Shown> {
  const { columns } = call.terminal
  const at = call.number('at', 0, Number.MAX_SAFE_INTEGER)
  const unit = await unitNamed(client, service, name)
  if (unit.kind === 'actor') nothingKept(service, unit)
  if (unit.kind === 'projection') {
    if (at !== undefined || call.flag('history'))
      misused(at === undefined ? 'history' : 'at', 'machines and process managers; a row has no past')
    const row = await client.get<{ readonly data: unknown }>(path(service, name, key))
    return { document: row, text: JSON.stringify(row.data, undefined, 2) }
  }
  const entity = path('admin', service, 'entities', name, key)
  if (call.flag('history')) {
    const { history } = await client.get<{ readonly history: readonly LogRow[] }>(`${entity}/history`)
    const rows = history.filter(({ position }) => at === undefined || position <= at)
    return { document: { history: rows }, text: historyText(rows, columns) }
  }
  const view = await client.get<EntityView>(withQuery(entity, { at }))
  return { document: view, text: stateText(view) }
}

/** `skerry inspect`: gives 1 when a service could not be asked. */
export async function inspect(call: Call): Promise<number> {
  const { terminal, words } = call
  const [word] = words
  const { service, unit, key } = word === undefined ? {} : placeOf(word)
  checkOptions(call, unit, key)
  const client = adminClient(call)
  const show = (): Promise<Shown> => {
    if (service === undefined) return system(client, terminal.columns)
    if (unit === undefined) return serviceShown(client, service, terminal.columns)
    return key === undefined
      ? unitShown(call, client, service, unit)
      : keyShown(call, client, service, unit, key)
  }
  const { document, text, isPartial } = await show()
  terminal.out(call.json ? JSON.stringify(document) : text)
  return isPartial ? 1 : 0
}
