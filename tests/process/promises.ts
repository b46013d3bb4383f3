import { deadlineTimer, type ProcessManagerDefinition, type ProcessState } from '../../src/core/index.ts'
import { leftAlone, startedIn, type Transition, type World } from './world.ts'

/** Every promise that a world breaks, in words. */
export type Promises = (
  process: ProcessManagerDefinition,
  before: World,
  world: World,
  transition: Transition,
  happening: string
) => readonly string[]

const stepOf = (word: string): string => word.split(' ')[1] ?? ''

/** Everything before a step, near and far. */
function allBefore(process: ProcessManagerDefinition, step: string): readonly string[] {
  const { after = [] } = process.steps.find(({ name }) => name === step) ?? {}
  return after.flatMap((before) => [before, ...allBefore(process, before)])
}

const undoneStatuses = new Set(['undone', 'undo-refused', 'undoing'])

/** I14: only done steps are undone, each once, newest first, and not before an undoing under way is confirmed. */
const undoesInOrder: Promises = (process, before, world) => {
  const statusBefore = (step: string) => startedIn(before)?.steps[step] ?? ''
  const undoable = world.doneOrder.filter((step) => process.steps.find(({ name }) => name === step)?.undo)
  const next = undoable.filter((step) => !undoneStatuses.has(statusBefore(step))).toReversed()
  return world.said
    .slice(before.said.length)
    .filter((word) => word.startsWith('undo '))
    .flatMap((word, index) => [
      ...(stepOf(word) === next[index] ? [] : [`${word} is said, but ${next[index]} is to be undone`]),
      ...(index > 0 && awaitsConfirmation(process, next[index - 1])
        ? [`${word} is said before the one before is confirmed`]
        : [])
    ])
}

const awaitsConfirmation = (process: ProcessManagerDefinition, step: string | undefined): boolean =>
  process.steps.find(({ name }) => name === step)?.undoConfirmed === true

const saysOnce: Promises = (_process, _before, { said }) => {
  const twice = said.filter((word, index) => said.indexOf(word) !== index)
  const both = said.includes('completes') && said.includes('fails') ? ['it completes and fails'] : []
  return [...twice.map((word) => `${word} is said twice`), ...both]
}

const beginsInOrder: Promises = (process, before, world) =>
  world.said
    .slice(before.said.length)
    .filter((word) => word.startsWith('do '))
    .flatMap((word) => {
      const missing = allBefore(process, stepOf(word)).find(
        (step) => !world.happened.includes(`done ${step}`)
      )
      const late = startedIn(before) && startedIn(before)?.status !== 'running'
      return [
        ...(missing === undefined ? [] : [`${word} is said before ${missing} is done`]),
        ...(late ? [`${word} is said when the process does not run any more`] : [])
      ]
    })

/** L1: a failed process has undone everything that it knows to be done, or says that it stays; a completed one nothing. */
const endsWhole: Promises = (process, _before, world) => {
  const state = startedIn(world)
  if (state?.status === 'completed') {
    const open = process.steps.filter(({ name }) => state.steps[name] !== 'done').map(({ name }) => name)
    const said = world.said.filter((word) => word === 'completes' || word.startsWith('undo '))
    return [
      ...open.map((step) => `it completed, but ${step} is ${state.steps[step]}`),
      ...(said.join() === 'completes' ? [] : [`it completed, but said ${said.join(', ')}`]),
      ...(world.timers.length === 0 ? [] : [`it completed, but ${world.timers.join()} may fire`])
    ]
  }
  if (state?.status !== 'failed') return []
  return process.steps
    .filter(({ name }) => world.happened.includes(`done ${name}`))
    .flatMap(({ name, undo }) => [
      ...(undo && !world.said.includes(`undo ${name}`) ? [`it failed, but never undid ${name}`] : []),
      ...((undo ? undoneStatuses.has(state.steps[name] ?? '') : state.steps[name] === 'stays')
        ? []
        : [`it failed, but ${name} is ${state.steps[name]}`])
    ])
}

/** I13: what has not ended waits for an answer, the confirmation of an undoing, or a timer. */
const waits: Promises = (_process, _before, world) => {
  const state = startedIn(world)
  if (!state || state.status === 'completed' || state.status === 'failed') return []
  const open = Object.values(state.steps).some((status) => status === 'begun' || status === 'undoing')
  return open || world.timers.length > 0 ? [] : [`it is ${state.status} and waits for nothing`]
}

/** A timer is set exactly while its step is under way, the deadline while the process is. */
const timersFit: Promises = (process, _before, world) => {
  const state = startedIn(world)
  if (!state) return world.timers.map((name) => `${name} is set before the start`)
  const begun = process.steps.filter(
    ({ name, timeoutMs }) => timeoutMs !== undefined && state.steps[name] === 'begun'
  )
  const deadline =
    process.deadlineMs !== undefined &&
    (state.status === 'running' || state.status === 'compensating') &&
    !world.happened.includes(`timer ${deadlineTimer}`)
  const expected = [...begun.map(({ name }) => `step:${name}`), ...(deadline ? [deadlineTimer] : [])].sort()
  return expected.join() === world.timers.join()
    ? []
    : [`timers are ${world.timers.join()}, not ${expected.join()}`]
}

/** The refusal of a step is not taken for that of its undoing, which is under way. */
const tellsRefusals: Promises = (_process, before, world, _transition, happening) => {
  const step = /^refused do (.)$/.exec(happening)?.[1] ?? ''
  const [was, is] = [startedIn(before)?.steps[step], startedIn(world)?.steps[step]]
  return was === 'undoing' && is !== was ? [`${happening} makes it ${is}`] : []
}

const hasEnded = (state: ProcessState | undefined): boolean =>
  state?.status === 'completed' || state?.status === 'failed'

/** L1: when nobody answers any more, the timers bring it to its end, but for an undoing that nobody confirms. */
const endsWhenLeftAlone: Promises = (process, _before, world, transition) => {
  const state = startedIn(leftAlone(transition, process, world))
  if (!state || hasEnded(state) || Object.values(state.steps).includes('undoing')) return []
  return [`left alone, it stays ${state.status}`]
}

export const promises: readonly Promises[] = [
  undoesInOrder,
  saysOnce,
  beginsInOrder,
  endsWhole,
  waits,
  timersFit,
  endsWhenLeftAlone,
  tellsRefusals
]
