import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '../core/index.ts'
import type { RebuildStatus } from '../runtime/index.ts'
import { path, placeOf } from './address.ts'
import { type AdminClient, adminClient } from './admin-client.ts'
import type { Call } from './call.ts'
import { counted } from './table.ts'
import type { Terminal } from './terminal.ts'

const lookMs = 200
const barWidth = 30

function progressLine({ processed, total }: RebuildStatus): string {
  const share = total === 0 ? 1 : processed / total
  const bar = '#'.repeat(Math.floor(share * barWidth)).padEnd(barWidth, '.')
  return `[${bar}] ${Math.floor(share * 100)} %  ${counted(processed, 'event')} of ${counted(total, 'event')}`
}

async function finished(
  client: AdminClient,
  service: string,
  begun: RebuildStatus,
  terminal: Terminal
): Promise<RebuildStatus> {
  let status = begun
  while (status.state === 'running') {
    terminal.progress(progressLine(status))
    await pause(lookMs)
    const { rebuilds } = await client.get<{ readonly rebuilds: readonly RebuildStatus[] }>(
      path('admin', service, 'rebuilds')
    )
    const now = rebuilds.find((one) => one.unit === begun.unit)
    if (!now)
      throw new Failure('SYSTEM_UNREACHABLE', {
        hint: `The system was restarted; the rebuild goes on by itself.`
      })
    status = now
  }
  return status
}

function said(service: string, status: RebuildStatus): string {
  const { unit, processed, generation, state, failure } = status
  const name = `${service}/${unit}`
  if (state === 'failed') return `${name} was not rebuilt: ${failure}`
  if (state === 'running') return `${name} is being rebuilt; 'skerry inspect ${service}' shows how far it is.`
  if (generation === undefined) return `${name} is rebuilt: ${counted(processed, 'state')} folded anew.`
  return `${name} is rebuilt: ${counted(processed, 'event')} read, generation ${generation} serves.`
}

/** `skerry rebuild`: begins, and with `--wait` stays until the new generation serves. */
export async function rebuild(call: Call): Promise<number> {
  const { terminal } = call
  const [address = ''] = call.words
  const { service, unit, key } = placeOf(address)
  if (unit === undefined || key !== undefined)
    throw new Failure('USAGE_INVALID', { hint: `'${address}' is no SERVICE/UNIT, such as sales/orders.` })
  const client = adminClient(call)
  const begun = await client.post<RebuildStatus>(path('admin', service, 'rebuilds', unit), {})
  const status = call.flag('wait') ? await finished(client, service, begun, terminal) : begun
  if (call.json) terminal.out(JSON.stringify({ service, ...status }))
  else terminal.out(said(service, status))
  return status.state === 'failed' ? 1 : 0
}
