import { flowsOf } from './flows.ts'
import type { ProcessManagerDefinition } from './process-definition.ts'
import type { StepStatus, StoredProcess } from './process-state.ts'
import type { SystemDefinition } from './service.ts'
import type { StateMachineDefinition } from './state-machine.ts'
import { stepTable } from './step-table.ts'
import { statusReport, transitionTable } from './transition-table.ts'

/** Ids that no word of the diagram language and no odd letter of a name can break. */
function idsOf(prefix: string, names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name, index) => [name, `${prefix}${index + 1}`]))
}

const plain = (name: string): string => name.replaceAll('"', "'")

/** The machine as a Mermaid state diagram: an arrow says `Command / Event`, or the event alone in old logs. */
export function machineDiagram(machine: StateMachineDefinition): string {
  const { initial, statuses, ends, unsaid } = statusReport(machine)
  const ids = idsOf('s', statuses)
  const arrows = transitionTable(machine).map(
    ({ from, to, command, event }) => `${ids.get(from)} --> ${ids.get(to)}: ${command} / ${event}`
  )
  const old = [...machine.events.values()]
    .filter(({ event }) => unsaid.includes(event.type))
    .flatMap(({ event, from, to }) =>
      from.flatMap((before) => to.map((after) => `${ids.get(before)} --> ${ids.get(after)}: ${event.type}`))
    )
  return [
    'stateDiagram-v2',
    ...[...ids].map(([status, id]) => `  state "${plain(status)}" as ${id}`),
    `  [*] --> ${ids.get(initial)}`,
    ...[...arrows, ...old].map((arrow) => `  ${arrow}`),
    ...ends.map((status) => `  ${ids.get(status)} --> [*]`),
    ''
  ].join('\n')
}

/** Colours that are told apart in light and dark, also by those who see no red and green. */
const stepLooks: Readonly<Record<'done' | 'begun' | 'failed' | 'undone', string>> = {
  done: 'fill:#1b7f5c,color:#fff',
  begun: 'fill:#c77700,color:#fff',
  failed: 'fill:#a02050,color:#fff',
  undone: 'fill:#6b6b80,color:#fff'
}

const lookOf: Readonly<Record<StepStatus, keyof typeof stepLooks | undefined>> = {
  waiting: undefined,
  begun: 'begun',
  done: 'done',
  failed: 'failed',
  'timed-out': 'failed',
  undoing: 'begun',
  undone: 'undone',
  stays: 'done',
  'undo-refused': 'failed',
  skipped: 'undone'
}

/** The process manager as a Mermaid flowchart; with a process, each step says where it stands. */
export function processDiagram(manager: ProcessManagerDefinition, process?: StoredProcess): string {
  const rows = stepTable(manager, process)
  const ids = idsOf(
    'p',
    rows.map(({ step }) => step)
  )
  const starts = [...manager.routes.values()].flat().find(({ means }) => means === 'starts')
  const followed = new Set(rows.flatMap(({ after }) => after))
  const step = (name: string): string => ids.get(name) as string
  return [
    'flowchart LR',
    `  start(["${starts?.event.type ?? 'start'}"])`,
    ...rows.map(({ step: name, status }) => {
      const label = status === undefined ? plain(name) : `${plain(name)}<br/>${status}`
      const look = status && lookOf[status]
      return `  ${step(name)}["${label}"]${look ? `:::${look}` : ''}`
    }),
    '  finish(["completed"])',
    ...rows.flatMap(({ step: name, after }) =>
      after.length === 0
        ? [`  start --> ${step(name)}`]
        : after.map((before) => `  ${step(before)} --> ${step(name)}`)
    ),
    ...rows
      .filter(({ step: name }) => !followed.has(name))
      .map(({ step: name }) => `  ${step(name)} --> finish`),
    ...Object.entries(stepLooks).map(([look, style]) => `  classDef ${look} ${style}`),
    ''
  ].join('\n')
}

/** The system as a Mermaid flowchart: services, and on each arrow the events that one hears of another. */
export function systemDiagram(system: SystemDefinition): string {
  const flows = flowsOf(system).filter(({ from, to }) => from !== to)
  const ids = idsOf('v', [...new Set([...system.services.keys(), ...flows.map(({ from }) => from)])])
  const events = new Map<string, Set<string>>()
  for (const { from, to, event } of flows) {
    const arrow = `${ids.get(from)} -->|EVENTS| ${ids.get(to)}`
    events.set(arrow, (events.get(arrow) ?? new Set()).add(event))
  }
  return [
    'flowchart LR',
    ...[...ids].map(([name, id]) => `  ${id}["${plain(name)}"]`),
    ...[...events].map(([arrow, types]) => `  ${arrow.replace('EVENTS', `"${[...types].join('<br/>')}"`)}`),
    ''
  ].join('\n')
}
