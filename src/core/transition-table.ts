import type { StateMachineDefinition } from './state-machine.ts'

/** One legal transition: this command may lead by this event from this status to that one. */
export interface TransitionRow {
  readonly command: string
  readonly from: string
  readonly event: string
  readonly to: string
}

/** How the statuses of a machine hang together. */
export interface StatusReport {
  readonly initial: string
  /** Every status that the machine names. */
  readonly statuses: readonly string[]
  /** No event leads to them, not even one of an old log: a command that needs one is never accepted. */
  readonly impossible: readonly string[]
  /** Some event leads to them, but no command gives it any more: only entities of an old log are there. */
  readonly historical: readonly string[]
  /** No command leads away from them: the entity stays so for ever. Right for an end, wrong for anything else. */
  readonly ends: readonly string[]
  /** Events that no command gives. */
  readonly unsaid: readonly string[]
}

/** Every transition of a machine, in the order of its declaration. */
export function transitionTable(machine: StateMachineDefinition): readonly TransitionRow[] {
  const rows: TransitionRow[] = []
  for (const { command, from, emits } of machine.commands.values())
    for (const status of from)
      for (const event of emits)
        for (const to of machine.events.get(event)?.to ?? [])
          rows.push({ command: command.type, from: status, event, to })
  return rows
}

type Step = Pick<TransitionRow, 'from' | 'to'>

/** The statuses that the steps lead to from the first one, which is among them. */
function reachedFrom(initial: string, steps: readonly Step[]): ReadonlySet<string> {
  const reached = new Set([initial])
  for (const status of reached) for (const { from, to } of steps) if (from === status) reached.add(to)
  return reached
}

/** What can be seen of a machine's statuses without running it. */
export function statusReport(machine: StateMachineDefinition): StatusReport {
  const { status: initial } = machine.initial
  const events = [...machine.events.values()]
  const commands = [...machine.commands.values()]
  const named = [
    initial,
    ...events.flatMap(({ from, to }) => [...from, ...to]),
    ...commands.flatMap(({ from }) => from)
  ]
  const statuses = [...new Set(named)]
  const table = transitionTable(machine)
  const everLed = events.flatMap(({ from, to }) =>
    (from.length === 0 ? statuses : from).flatMap((before) =>
      to.map((after) => ({ from: before, to: after }))
    )
  )
  const possible = reachedFrom(initial, everLed)
  const live = reachedFrom(initial, table)
  const said = new Set(commands.flatMap(({ emits }) => emits))
  return {
    initial,
    statuses,
    impossible: statuses.filter((status) => !possible.has(status)),
    historical: statuses.filter((status) => possible.has(status) && !live.has(status)),
    ends: statuses.filter((status) => !table.some(({ from, to }) => from === status && to !== status)),
    unsaid: events.map(({ event }) => event.type).filter((type) => !said.has(type))
  }
}
