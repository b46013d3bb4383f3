import { flowsOf, type ProcessManagerDefinition, type SystemDefinition } from '../core/index.ts'

/** What one service tells another, all of it together: events that the other hears, or steps that it is asked for. */
export interface Exchange {
  readonly from: string
  readonly to: string
  readonly kind: 'events' | 'commands'
  /** Types of events, or names of steps. */
  readonly messages: readonly string[]
}

/**
 * The steps of a process that begin with a command, with the services whose events answer them. A command itself is
 * known only when it is sent; who answers is declared.
 */
function stepsAsked(
  process: ProcessManagerDefinition
): readonly (readonly [service: string, step: string])[] {
  const answers = [...process.routes.values()].flat().filter(({ means }) => means === 'done')
  const asked = new Set(process.steps.filter(({ send }) => send !== undefined).map(({ name }) => name))
  return answers.flatMap(({ step, event }) =>
    step !== undefined && asked.has(step) ? [[event.service, step] as const] : []
  )
}

/** What passes between the services of a system, read off their definitions; nothing within a service. */
export function exchangesOf(system: SystemDefinition): readonly Exchange[] {
  const found = new Map<string, Omit<Exchange, 'messages'> & { readonly messages: Set<string> }>()
  const add = (from: string, to: string, kind: Exchange['kind'], message: string): void => {
    if (from === to || !system.services.has(from) || !system.services.has(to)) return
    const name = `${from} ${to} ${kind}`
    const exchange = found.get(name) ?? { from, to, kind, messages: new Set() }
    exchange.messages.add(message)
    found.set(name, exchange)
  }
  for (const { from, to, event } of flowsOf(system)) add(from, to, 'events', event)
  for (const { name, units } of system.services.values())
    for (const unit of units.values())
      if (unit.kind === 'process-manager')
        for (const [to, step] of stepsAsked(unit)) add(name, to, 'commands', step)
  return [...found.values()].map((exchange) => ({ ...exchange, messages: [...exchange.messages] }))
}
