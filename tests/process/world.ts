import {
  deadlineTimer,
  isEarly,
  type ProcessInput,
  type ProcessManagerDefinition,
  type ProcessState,
  type processTransition,
  type StoredProcess
} from '../../src/core/index.ts'

/** A process with everything outside it that matters: what it said, what is on its way, and what came before. */
export interface World {
  readonly stored: StoredProcess | undefined
  readonly timers: readonly string[]
  /** Every event that came, each at most once, and the deadline when it is over. */
  readonly happened: readonly string[]
  /** The steps whose answer came, in that order. */
  readonly doneOrder: readonly string[]
  /** Commands it sent that may still be refused, with what the process calls them. */
  readonly refusable: readonly { readonly word: string; readonly step: string }[]
  /** Everything it ever said, in order: `do a`, `undo a`, `completes`, `fails`. */
  readonly said: readonly string[]
}

export const emptyWorld: World = {
  stored: undefined,
  timers: [],
  happened: [],
  doneOrder: [],
  refusable: [],
  said: []
}

/** Something that may happen next, and the world after it. */
export interface Happening {
  readonly name: string
  readonly input: ProcessInput
}

const meta = { id: 'm', key: 'k', timeMs: 0, correlationId: 'c', causationId: 'c' }

/** What an event means, as one word: `starts`, `done a`, `undone b`, `cancels`. */
function eventHappenings(process: ProcessManagerDefinition): readonly Happening[] {
  return [...process.routes.values()].flat().map((route) => ({
    name: route.step === undefined ? route.means : `${route.means} ${route.step}`,
    input: { kind: 'event', route, data: { id: 'k' }, meta }
  }))
}

/** An undoing is confirmed only after it was asked for; everything else may come at any time, also before the start. */
function mayHappen(world: World, { name }: Happening): boolean {
  if (world.happened.includes(name)) return false
  const early = world.stored === undefined || isEarly(world.stored)
  if (early && name !== 'starts' && world.happened.length >= 3) return false
  return !name.startsWith('undone ') || world.said.includes(name.replace('undone', 'undo'))
}

export function happeningsOf(process: ProcessManagerDefinition, world: World): readonly Happening[] {
  const events = eventHappenings(process).filter((happening) => mayHappen(world, happening))
  const timers = world.timers.map(
    (name): Happening => ({ name: `timer ${name}`, input: { kind: 'timer', name } })
  )
  const refusals = world.refusable.map(
    ({ word, step }): Happening => ({
      name: `refused ${word}`,
      input: { kind: 'refusal', step, code: 'no', reason: 'no' }
    })
  )
  return [...events, ...timers, ...refusals]
}

/** What a message of these processes is: `do a` for `DoA`. */
function wordOf(type: string): string {
  const command = /^(Do|Undo)([A-C])$/.exec(type)
  if (command) return `${command[1]?.toLowerCase()} ${command[2]?.toLowerCase()}`
  return type === 'Ended' ? 'completes' : 'fails'
}

/** How a process goes on; a test may put one with a fault in its place. */
export type Transition = typeof processTransition

/** The world after something has happened. A timer that fires is gone; a command is refused at most once. */
export function after(
  transition: Transition,
  process: ProcessManagerDefinition,
  world: World,
  { name, input }: Happening
): World {
  const outcome = transition(process, world.stored, input, 0)
  const timers = new Set(world.timers)
  if (input.kind === 'timer') timers.delete(input.name)
  for (const change of outcome.timers)
    if ('dueMs' in change) timers.add(change.name)
    else timers.delete(change.name)
  const commands = outcome.said.flatMap(({ step, message }) =>
    step === undefined ? [] : [{ word: wordOf(message.type), step }]
  )
  const remembered = input.kind === 'event' || name === `timer ${deadlineTimer}`
  const refusable = [...world.refusable.filter(({ word }) => name !== `refused ${word}`), ...commands]
  return {
    stored: outcome.state,
    timers: [...timers].sort(),
    happened: remembered ? [...world.happened, name].sort() : world.happened,
    doneOrder: name.startsWith('done ') ? [...world.doneOrder, name.slice(5)] : world.doneOrder,
    refusable: refusable.toSorted((left, right) => (left.word < right.word ? -1 : 1)),
    said: [...world.said, ...outcome.said.map(({ message }) => wordOf(message.type))]
  }
}

/** The process of a world that has started. */
export function startedIn({ stored }: World): ProcessState | undefined {
  return stored === undefined || isEarly(stored) ? undefined : stored
}

/** Lets every timer fire, the deadline last, until none is left and nothing else happens. */
export function leftAlone(transition: Transition, process: ProcessManagerDefinition, world: World): World {
  let current = world
  for (;;) {
    const name = current.timers.toSorted((left) => (left === deadlineTimer ? 1 : -1))[0]
    if (name === undefined) return current
    current = after(transition, process, current, { name: `timer ${name}`, input: { kind: 'timer', name } })
  }
}
