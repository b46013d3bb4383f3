import {
  evolve,
  Failure,
  type HasStatus,
  type ServiceDefinition,
  type StateMachineDefinition,
  upcast
} from '../core/index.ts'
import type { LogRow, Store, StoredState } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import type { RowSet } from './row-set.ts'
import { absent, type Entry, rowEntry } from './state-cache.ts'
import type { Work } from './work.ts'

/** The state that a machine's events lead to, oldest first. */
export function foldHistory(machine: StateMachineDefinition, history: readonly LogRow[]): HasStatus {
  let state = machine.initial
  for (const { type, version, data, key, timeMs, correlationId, causationId } of history) {
    const event = machine.events.get(type)?.event
    const current = event ? upcast(event, version, data) : data
    state = evolve(machine, state, type, current, { key, timeMs, correlationId, causationId })
  }
  return state
}

async function entryOf(
  store: Store,
  machine: StateMachineDefinition | undefined,
  key: string,
  stored: StoredState | undefined
): Promise<Entry> {
  if (!stored) return absent
  if (!machine || stored.revision === machine.revision) return stored
  // `evolve` has changed since this state was stored: what was said is the truth, and is folded anew.
  const data = foldHistory(machine, await store.history(machine.name, key))
  return { ...stored, revision: machine.revision, data }
}

/** Where states and rows are read from. */
export interface StateSources {
  readonly definition: ServiceDefinition
  readonly store: Store
}

/** Brings to hand every state and row that the works of a turn need: one query for each part of the service. */
export async function loadStates(sources: StateSources, draft: Draft, works: readonly Work[]): Promise<void> {
  const missing = new Map<string | RowSet, Set<string>>()
  const need = (unit: string | RowSet, key: string): void => {
    if (draft.has(typeof unit === 'string' ? unit : unit.name, key)) return
    const keys = missing.get(unit)
    if (keys) keys.add(key)
    else missing.set(unit, new Set([key]))
  }
  for (const work of works) work.prepare(need)
  for (const [unit, keys] of missing)
    if (typeof unit === 'string') await loadUnit(sources, draft, unit, [...keys])
    else await loadRows(sources, draft, unit, [...keys])
}

async function loadRows(
  { store }: StateSources,
  draft: Draft,
  { name, projection, generation }: RowSet,
  keys: readonly string[]
): Promise<void> {
  const rows = await store.rows(projection, generation, keys)
  for (const key of keys) draft.load(name, key, rows.has(key) ? rowEntry(rows.get(key)) : absent)
}

async function loadUnit(
  { definition, store }: StateSources,
  draft: Draft,
  unit: string,
  keys: readonly string[]
): Promise<void> {
  const found = definition.units.get(unit)
  const machine = found?.kind === 'state-machine' ? found : undefined
  const states = await store.states(unit, keys)
  for (const key of keys) draft.load(unit, key, await entryOf(store, machine, key, states.get(key)))
}

/**
 * Reads what a turn took for granted: the kept states that it relied on without changing them, which its commit does
 * not compare. So it was decided on what was there after it began, as if it had read them then.
 *
 * @throws VERSION_CONFLICT when another instance has changed one of them; nothing was written.
 */
export async function confirmKept(store: Store, draft: Draft): Promise<void> {
  for (const [unit, keys] of draft.onTrust) {
    const states = await store.states(unit, keys)
    const changed = keys.find((key) => states.get(key)?.version !== draft.entry(unit, key).version)
    if (changed === undefined) {
      // What was decided on them may have changed them in place, and the next decision must not be on that.
      for (const [key, stored] of states) draft.renew(unit, key, stored)
      continue
    }
    const hint = `The state of ${unit}/${changed} was changed meanwhile; nothing was written.`
    throw new Failure('VERSION_CONFLICT', { hint, unit, key: changed })
  }
}
