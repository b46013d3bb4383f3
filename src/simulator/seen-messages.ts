import type {
  CommandType,
  EventType,
  MessageMeta,
  OutgoingMessage,
  ProcessManagerDefinition,
  ProcessRoute,
  StateMachineDefinition,
  SystemDefinition,
  Unit
} from '../core/index.ts'
import { isDescription } from './schema-merging.ts'

/** An event as a part hears it, made up. */
export interface MadeUpEvent {
  readonly data: unknown
  readonly meta: MessageMeta
}

/** Makes up an event, or a command for an entity of a machine, with what is known beside its data. */
export interface MakeUp {
  readonly event: (event: EventType<string, unknown>) => MadeUpEvent
  readonly command: (
    machine: StateMachineDefinition,
    command: CommandType<string, unknown>
  ) => { readonly data: unknown; readonly key: string }
}

/** What a part of a service was seen to say. */
export interface SeenMessage {
  readonly by: string
  readonly message: OutgoingMessage
}

interface Asking {
  readonly makeUp: MakeUp
  readonly seen: SeenMessage[]
}

/** A part is asked with data that it never hears in earnest, so it may well throw: then it sends nothing. */
function said(ask: () => unknown): readonly OutgoingMessage[] {
  try {
    const given = ask()
    const list: readonly unknown[] = Array.isArray(given) ? given : [given]
    return list.filter(
      (one): one is OutgoingMessage =>
        isDescription(one) && (one['kind'] === 'command' || one['kind'] === 'event')
    )
  } catch {
    return []
  }
}

function note(by: string, asking: Asking, ask: () => unknown): void {
  for (const message of said(ask)) asking.seen.push({ by, message })
}

/** What a process keeps when everything that it waits for has happened. */
function keptBy({ routes }: ProcessManagerDefinition, { makeUp }: Asking): unknown {
  const all = [...routes.values()].flat()
  const inOrder = (means: ProcessRoute['means']): readonly ProcessRoute[] =>
    all.filter((route) => route.means === means)
  let kept: unknown
  for (const { event, keep } of [...inOrder('starts'), ...inOrder('done')]) {
    if (!keep) continue
    try {
      const { data, meta } = makeUp.event(event)
      kept = keep(kept, data, meta)
    } catch {
      // It goes on with what it has.
    }
  }
  return kept
}

/** What a machine decides for an entity to which nothing has happened. */
function askMachine(by: string, machine: StateMachineDefinition, asking: Asking): void {
  for (const { command, from, decide } of machine.commands.values()) {
    if (!from.includes(machine.initial.status)) continue
    const { data, key } = asking.makeUp.command(machine, command)
    note(by, asking, () => decide(machine.initial, data, { key, nowMs: 0, commandId: 'id' }))
  }
}

function askUnit(by: string, unit: Unit, asking: Asking): void {
  if (unit.kind === 'actor')
    for (const rule of unit.rules.values()) {
      const { data, meta } = asking.makeUp.event(rule.event)
      note(by, asking, () =>
        rule.mode === 'pure' ? rule.react(data, meta) : rule.fallback?.(data, meta, 'no reason')
      )
    }
  if (unit.kind === 'state-machine') askMachine(by, unit, asking)
  if (unit.kind !== 'process-manager') return
  const kept = keptBy(unit, asking)
  for (const { name, send, undo } of unit.steps) {
    note(by, asking, () => send?.(kept))
    note(by, asking, () => undo?.(kept))
    const failure = { step: name, why: 'failed', reason: 'no reason' } as const
    note(by, asking, () => unit.onFailed?.(kept, failure))
  }
  note(by, asking, () => unit.onCompleted?.(kept))
}

/**
 * What parts of a system say, as far as their pure functions show it when they are asked with made-up messages. Effects
 * are not asked: they would go outside.
 */
export function seenMessages(system: SystemDefinition, makeUp: MakeUp): readonly SeenMessage[] {
  const asking: Asking = { makeUp, seen: [] }
  for (const service of system.services.values())
    for (const unit of service.units.values()) askUnit(service.name, unit, asking)
  return asking.seen
}
