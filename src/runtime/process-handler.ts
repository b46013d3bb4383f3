import {
  checkKey,
  checkSaid,
  type ProcessInput,
  type ProcessManagerDefinition,
  type ProcessRoute,
  processTransition,
  type ServiceDefinition,
  type StoredProcess,
  upcast
} from '../core/index.ts'
import type { LogRow } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import { type Handler, metaOf } from './handler.ts'
import { ruleFinder } from './rules-by-source.ts'
import { type Cause, causeOf } from './trace.ts'

/** The revision of every process: its inputs are in others' logs, so its states are never folded anew. */
const processRevision = 1

/** What happens to a process of a key. */
interface ProcessEvent {
  readonly key: string
  readonly input: ProcessInput
}

/** Transitions of a process within a turn, one after the other; when one throws, none has happened. */
function applyAll(
  draft: Draft,
  service: ServiceDefinition,
  process: ProcessManagerDefinition,
  events: readonly ProcessEvent[],
  cause: Cause
): void {
  const states = new Map<string, StoredProcess | undefined>()
  const outcomes = events.map(({ key, input }) => {
    const stored = states.has(key)
      ? states.get(key)
      : (draft.entry(process.name, key).data as StoredProcess | undefined)
    const outcome = processTransition(process, stored, input, draft.nowMs)
    states.set(key, outcome.state)
    checkSaid(
      service,
      process.name,
      outcome.said.map(({ message }) => message)
    )
    return { key, outcome }
  })
  for (const { key, outcome } of outcomes) {
    if (!outcome.changed) continue
    const origin = { unit: process.name, key, revision: processRevision }
    draft.put(origin, outcome.state)
    for (const { message, step } of outcome.said) draft.say(origin, message, cause, step)
    draft.setTimers(origin, outcome.timers, cause)
  }
}

/** One transition of a process within a turn. */
export function applyProcess(
  draft: Draft,
  service: ServiceDefinition,
  process: ProcessManagerDefinition,
  key: string,
  input: ProcessInput,
  cause: Cause
): void {
  applyAll(draft, service, process, [{ key, input }], cause)
}

/** Feeds a process manager with the events of the services it listens to. */
export function processHandler(service: ServiceDefinition, process: ProcessManagerDefinition): Handler {
  const routesOf = ruleFinder(process.routes)
  const keyOf = (route: ProcessRoute, row: LogRow): string =>
    route.key(upcast(route.event, row.version, row.data), metaOf(row))
  const eventOf = (row: LogRow, route: ProcessRoute): ProcessEvent => {
    const data = upcast(route.event, row.version, row.data)
    const meta = metaOf(row)
    const key = route.key(data, meta)
    checkKey(key)
    return { key, input: { kind: 'event', route, data, meta } }
  }
  return {
    subscription: process.name,
    sources: [...new Set([...process.routes.values()].flat().map((route) => route.event.service))],
    wants: (row) => routesOf(row) !== undefined,
    orderKey: (row) => keyOf(routesOf(row)?.[0] as ProcessRoute, row),
    typeOf: (row) => routesOf(row)?.[0]?.event,
    plan: (row) => {
      const events = (routesOf(row) ?? []).map((route) => eventOf(row, route))
      return {
        needs: (need) => {
          for (const { key } of events) need(process.name, key)
        },
        apply: (draft) => applyAll(draft, service, process, events, causeOf(row))
      }
    }
  }
}
