import { Failure, isPublic, type Refusal, refuse, type ServiceDefinition, upcast } from '../core/index.ts'
import { type Log, type LogRow, rowId } from '../ports/index.ts'
import type { Handler, Plan } from './handler.ts'
import { applyCommand } from './machine-transition.ts'
import { applyProcess } from './process-handler.ts'
import { causeOf } from './trace.ts'

/** What the log row of a refusal says. */
interface RefusalData {
  readonly command: string
  readonly step: string
  readonly code: string
  readonly reason: string
}

/** Why a command of another service is refused that only the service itself sends. */
function internalRefusal({ service, type, to }: LogRow): Refusal {
  return refuse(
    'internal-command',
    `${type} is internal to ${to?.service}: only its own parts send it; ${service} did.`
  )
}

/** Messages addressed to a service by name: commands for its machines, refusals for its process managers. */
export function inboxHandler(service: ServiceDefinition, sources: readonly string[], log: Log): Handler {
  const planCommand = (row: LogRow): Plan => {
    const machine = service.machineOf.get(row.type)
    const rule = machine?.commands.get(row.type)
    if (!machine || !rule)
      throw new Failure('COMMAND_UNKNOWN', { hint: `${row.service} sent ${row.type} to ${service.name}.` })
    const key = row.to?.key as string
    const data = upcast(rule.command, row.version, row.data)
    const isOthers = row.service !== service.name && !isPublic(service, row.type)
    return {
      needs: (need) => need(machine.name, key),
      apply: (draft) => {
        const command = { id: rowId(row), type: row.type, key, data }
        const outcome = isOthers
          ? { refusal: internalRefusal(row) }
          : applyCommand(draft, machine, command, causeOf(row))
        if (!('refusal' in outcome)) return
        if (row.replyTo)
          draft.sayRefusal({ unit: machine.name, key }, row.type, outcome.refusal, row.replyTo, causeOf(row))
        const { code, reason } = outcome.refusal
        log.info('a command from a service was refused', {
          service: service.name,
          messageId: rowId(row),
          correlationId: row.correlationId,
          type: row.type,
          key,
          code,
          reason
        })
      }
    }
  }
  const planRefusal = (row: LogRow): Plan => {
    const { unit: name, key } = row.to as { unit: string; key: string }
    const process = service.units.get(name)
    if (process?.kind !== 'process-manager')
      throw new Failure('UNIT_UNKNOWN', { hint: `${row.service} answered '${name}' of ${service.name}.` })
    const { step, code, reason } = row.data as RefusalData
    return {
      needs: (need) => need(name, key),
      apply: (draft) =>
        applyProcess(draft, service, process, key, { kind: 'refusal', step, code, reason }, causeOf(row))
    }
  }
  return {
    subscription: 'inbox',
    sources,
    wants: (row) => row.to?.service === service.name,
    orderKey: (row) =>
      `${row.kind === 'command' ? (service.machineOf.get(row.type)?.name ?? '') : row.to?.unit}/${row.to?.key}`,
    typeOf: (row) =>
      row.kind === 'command' ? service.machineOf.get(row.type)?.commands.get(row.type)?.command : undefined,
    plan: (row) => (row.kind === 'command' ? planCommand(row) : planRefusal(row))
  }
}
