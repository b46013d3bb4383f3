import type { SystemDefinition } from '../core/index.ts'
import type { Batch } from '../ports/index.ts'
import { type FaultClass, faultClasses } from './faults.ts'

/** How often each thing was reached, by its name. */
export type Reached = Record<string, number>

function count(reached: Reached, name: string): void {
  reached[name] = (reached[name] ?? 0) + 1
}

/** Everything of a system that a campaign should reach: events of machines, ends of steps, and each kind of fault. */
export function reachable(system: SystemDefinition, faults: readonly FaultClass[]): readonly string[] {
  const names = faults.map((kind) => `fault ${kind}`)
  for (const service of system.services.values())
    for (const unit of service.units.values()) {
      const where = `${service.name}/${unit.name}`
      if (unit.kind === 'state-machine')
        for (const { command, emits } of unit.commands.values())
          for (const event of emits) names.push(`${where}: ${command.type} gives ${event}`)
      if (unit.kind !== 'process-manager') continue
      for (const { name, undo } of unit.steps) {
        names.push(`${where}: step ${name} done`)
        if (undo) names.push(`${where}: step ${name} undone`)
      }
      names.push(`${where}: completed`, `${where}: failed`)
    }
  return names
}

/** All kinds of faults. */
export const allFaults: readonly FaultClass[] = Object.keys(faultClasses) as FaultClass[]

interface StepsState {
  readonly status?: string
  readonly steps?: Readonly<Record<string, string>>
}

/** Counts what a committed batch reaches. */
export function countBatch(system: SystemDefinition, service: string, batch: Batch, reached: Reached): void {
  const units = system.services.get(service)?.units
  for (const { unit, data } of batch.states) {
    if (units?.get(unit)?.kind !== 'process-manager') continue
    const { status, steps = {} } = data as StepsState
    for (const [step, stands] of Object.entries(steps)) {
      if (stands === 'done') count(reached, `${service}/${unit}: step ${step} done`)
      if (stands === 'undone' || stands === 'undoing')
        count(reached, `${service}/${unit}: step ${step} undone`)
    }
    if (status === 'completed' || status === 'failed') count(reached, `${service}/${unit}: ${status}`)
  }
  for (const { unit, type, kind } of batch.log) {
    const machine = units?.get(unit)
    if (kind !== 'event' || machine?.kind !== 'state-machine') continue
    for (const { command, emits } of machine.commands.values())
      if (emits.includes(type)) count(reached, `${service}/${unit}: ${command.type} gives ${type}`)
  }
}
