import { expect, test } from 'vitest'
import {
  type ProcessManagerDefinition,
  type ProcessOutcome,
  processTransition
} from '../../src/core/index.ts'
import { processes } from './processes.ts'
import { promises } from './promises.ts'
import {
  after,
  emptyWorld,
  type Happening,
  happeningsOf,
  startedIn,
  type Transition,
  type World
} from './world.ts'

interface Explored {
  readonly worlds: number
  readonly transitions: number
  readonly ends: ReadonlySet<string>
  /** The first broken promise, after the way there. */
  readonly broken: readonly string[]
}

interface Found {
  readonly world: World
  readonly way: readonly string[]
}

const freeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  Object.values(value).forEach(freeze)
}

/** I11: a transition is the same again, also from a state that was stored and read. */
function unsteady(
  transition: Transition,
  process: ProcessManagerDefinition,
  world: World,
  { input }: Happening
): string[] {
  const stored = world.stored && JSON.parse(JSON.stringify(world.stored))
  const first = JSON.stringify(transition(process, world.stored, input, 0))
  const again = JSON.stringify(transition(process, stored, input, 0))
  return first === again ? [] : ['the same input from the stored state gives something else']
}

/** Everything that can happen, from every world that can be reached, each world once. */
function explore(process: ProcessManagerDefinition, transition: Transition): Explored {
  const seen = new Set([JSON.stringify(emptyWorld)])
  const open: Found[] = [{ world: emptyWorld, way: [] }]
  const ends = new Set<string>()
  const steady = new Set<string>()
  let transitions = 0
  for (;;) {
    const found = open.pop()
    if (!found) return { worlds: seen.size, transitions, ends, broken: [] }
    freeze(found.world.stored)
    const stored = JSON.stringify(found.world.stored)
    for (const happening of happeningsOf(process, found.world)) {
      transitions += 1
      const world = after(transition, process, found.world, happening)
      const way = [...found.way, happening.name]
      const broken = promises.flatMap((promise) =>
        promise(process, found.world, world, transition, happening.name)
      )
      const step = `${stored} ${happening.name}`
      if (!steady.has(step)) broken.push(...unsteady(transition, process, found.world, happening))
      steady.add(step)
      if (broken.length > 0) return { worlds: seen.size, transitions, ends, broken: [...way, ...broken] }
      const name = JSON.stringify(world)
      if (seen.has(name)) continue
      seen.add(name)
      ends.add(startedIn(world)?.status ?? 'early')
      open.push({ world, way })
    }
  }
}

test.each(processes.map((process) => [process.name, process] as const))(
  'whatever happens in whatever order, the process "%s" keeps its promises',
  { timeout: 120_000 },
  (_name, process) => {
    const { broken, ends, worlds, transitions } = explore(process, processTransition)
    expect(broken).toEqual([])
    expect(ends).toEqual(new Set(['early', 'running', 'compensating', 'completed', 'failed']))
    expect(worlds).toBeGreaterThan(1_000)
    expect(transitions).toBeGreaterThan(worlds)
  }
)

/** The transition with a fault: what it gives is changed, or the input is not heard. */
const faulty =
  (change: (outcome: ProcessOutcome, before: ProcessOutcome['state']) => ProcessOutcome): Transition =>
  (process, stored, input, nowMs) =>
    change(processTransition(process, stored, input, nowMs), stored)

const unheard = (before: ProcessOutcome['state']): ProcessOutcome => ({
  changed: false,
  state: before,
  said: [],
  timers: []
})

const faults: readonly (readonly [string, Transition, string])[] = [
  [
    'late answers are not heard',
    faulty((outcome, before) => (before?.status === 'failed' ? unheard(before) : outcome)),
    'it failed, but'
  ],
  [
    'everything is said twice',
    faulty((outcome) => ({ ...outcome, said: [...outcome.said, ...outcome.said] })),
    'is said twice'
  ],
  [
    'everything is said backwards',
    faulty((outcome) => ({ ...outcome, said: outcome.said.toReversed() })),
    'is to be undone'
  ],
  [
    'commands get lost',
    faulty((outcome) => ({ ...outcome, said: outcome.said.filter(({ step }) => !step?.startsWith('undo')) })),
    'it failed, but never undid'
  ],
  [
    'timers are never stopped',
    faulty((outcome) => ({ ...outcome, timers: outcome.timers.filter((change) => 'dueMs' in change) })),
    'timers are'
  ],
  ['timers are never set', faulty((outcome) => ({ ...outcome, timers: [] })), 'timers are'],
  [
    'the state is not kept',
    faulty((outcome, before) => (before?.status === 'running' ? { ...outcome, state: before } : outcome)),
    'it stays running'
  ]
]

test.each(faults)('the search finds it when %s', (_fault, transition, words) => {
  const { broken } = explore(processes[0] as ProcessManagerDefinition, transition)
  expect(broken.length).toBeGreaterThan(0)
  expect(broken.join('\n')).toContain(words)
})
