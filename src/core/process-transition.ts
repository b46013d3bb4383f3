import { eventName } from './event-name.ts'
import type { MessageMeta } from './message-meta.ts'
import type { SaidMessage, TimerChange } from './outcome.ts'
import type {
  ProcessFailure,
  ProcessManagerDefinition,
  ProcessRoute,
  StepRule
} from './process-definition.ts'
import {
  deadlineTimer,
  type EarlyState,
  isEarly,
  type ProcessInput,
  type ProcessOutcome,
  type ProcessState,
  type StepStatus,
  type StoredProcess,
  stepTimer
} from './process-state.ts'

type EventInput = Extract<ProcessInput, { kind: 'event' }>

/** What the undoing of a step is called in what is said: its refusal must not be taken for that of the step itself. */
const undoOf = (step: string): string => `undo:${step}`

/** One transition being worked out: a draft that only this module changes. */
interface Draft {
  readonly process: ProcessManagerDefinition
  readonly nowMs: number
  state: ProcessState
  /** Nothing is begun or undone yet: there are still events to be heard that came before the start. */
  holding: boolean
  readonly said: SaidMessage[]
  readonly timers: TimerChange[]
}

function mark(draft: Draft, step: string, status: StepStatus): void {
  draft.state = { ...draft.state, steps: { ...draft.state.steps, [step]: status } }
}

function stopTimer(draft: Draft, rule: StepRule): void {
  if (rule.timeoutMs !== undefined) draft.timers.push({ name: stepTimer(rule.name), cancel: true })
}

function stopDeadline(draft: Draft): void {
  if (draft.process.deadlineMs !== undefined) draft.timers.push({ name: deadlineTimer, cancel: true })
}

function beginStep(draft: Draft, rule: StepRule): void {
  mark(draft, rule.name, 'begun')
  if (rule.send) draft.said.push({ message: rule.send(draft.state.kept), step: rule.name })
  if (rule.timeoutMs !== undefined)
    draft.timers.push({ name: stepTimer(rule.name), dueMs: draft.nowMs + rule.timeoutMs })
}

/** Begins every step before which all is done; completes the process when there is none left. */
function goOn(draft: Draft): void {
  if (draft.holding) return
  const settled = new Set<string>()
  for (const rule of draft.process.steps) {
    if (!rule.after.every((before) => settled.has(before))) continue
    if (draft.state.steps[rule.name] === 'waiting') beginStep(draft, rule)
    else if (draft.state.steps[rule.name] === 'done') settled.add(rule.name)
  }
  if (settled.size < draft.process.steps.length) return
  draft.state = { ...draft.state, status: 'completed' }
  stopDeadline(draft)
  for (const message of draft.process.onCompleted?.(draft.state.kept) ?? []) draft.said.push({ message })
}

/** Undoes what is done, newest first, as far as confirmations allow; then, once nothing is open, the process has failed. */
function compensate(draft: Draft): void {
  if (draft.holding) return
  for (;;) {
    const step = draft.state.done.at(-1)
    if (step === undefined) break
    if (draft.state.steps[step] === 'undoing') return
    const rule = draft.process.steps.find((one) => one.name === step)
    if (rule?.undo) draft.said.push({ message: rule.undo(draft.state.kept), step: undoOf(step) })
    if (rule?.undo && rule.undoConfirmed) {
      mark(draft, step, 'undoing')
      return
    }
    settle(draft, step, rule?.undo ? 'undone' : 'stays')
  }
  const open = draft.process.steps.some((rule) => draft.state.steps[rule.name] === 'begun')
  if (open || draft.state.status === 'failed') return
  draft.state = { ...draft.state, status: 'failed' }
  stopDeadline(draft)
  const failure = draft.state.failure as ProcessFailure
  for (const message of draft.process.onFailed?.(draft.state.kept, failure) ?? [])
    draft.said.push({ message })
}

/** A step is done no more: nothing of it is left to undo. */
function settle(draft: Draft, step: string, status: 'undone' | 'undo-refused' | 'stays'): void {
  mark(draft, step, status)
  draft.state = { ...draft.state, done: draft.state.done.filter((one) => one !== step) }
}

/** Turns a running process to compensation; steps that have not begun never will. */
function fall(draft: Draft, failure: ProcessFailure): void {
  if (draft.state.status === 'running') {
    draft.state = { ...draft.state, status: 'compensating', failure }
    for (const rule of draft.process.steps)
      if (draft.state.steps[rule.name] === 'waiting') mark(draft, rule.name, 'skipped')
  }
  compensate(draft)
}

const answerable: ReadonlySet<StepStatus | undefined> = new Set([
  'waiting',
  'begun',
  'failed',
  'timed-out',
  'skipped'
] as const)

function stepDone(
  draft: Draft,
  rule: StepRule,
  route: ProcessRoute,
  data: unknown,
  meta: MessageMeta
): boolean {
  if (!answerable.has(draft.state.steps[rule.name])) return false
  stopTimer(draft, rule)
  mark(draft, rule.name, 'done')
  const kept = route.keep ? route.keep(draft.state.kept, data, meta) : draft.state.kept
  draft.state = { ...draft.state, kept, done: [...draft.state.done, rule.name] }
  if (draft.state.status === 'running') goOn(draft)
  else compensate(draft)
  return true
}

function stepFailed(draft: Draft, rule: StepRule, failure: ProcessFailure): boolean {
  const status = draft.state.steps[rule.name]
  if (status !== 'begun' && status !== 'waiting' && status !== 'timed-out') return false
  stopTimer(draft, rule)
  mark(draft, rule.name, 'failed')
  fall(draft, failure)
  return true
}

/** A refused undoing leaves nothing to wait for: the earlier steps must still be undone. */
function undoRefused(draft: Draft, rule: StepRule): boolean {
  const status = draft.state.steps[rule.name]
  if (status !== 'undoing' && status !== 'undone') return false
  settle(draft, rule.name, 'undo-refused')
  if (status === 'undoing') compensate(draft)
  return true
}

function timerFired(draft: Draft, name: string): boolean {
  if (name === deadlineTimer) {
    if (draft.state.status !== 'running' && draft.state.status !== 'compensating') return false
    for (const rule of draft.process.steps)
      if (draft.state.steps[rule.name] === 'begun') {
        stopTimer(draft, rule)
        mark(draft, rule.name, 'timed-out')
      }
    fall(draft, { step: undefined, why: 'timeout', reason: 'The process took longer than its deadline.' })
    return true
  }
  const rule = draft.process.steps.find((one) => stepTimer(one.name) === name)
  if (!rule || draft.state.steps[rule.name] !== 'begun') return false
  mark(draft, rule.name, 'timed-out')
  fall(draft, { step: rule.name, why: 'timeout', reason: `No answer to '${rule.name}' in time.` })
  return true
}

function stepEvent(draft: Draft, input: EventInput): boolean {
  const { route, data, meta } = input
  const rule = draft.process.steps.find((one) => one.name === route.step)
  if (route.means === 'cancels') {
    if (draft.state.status !== 'running') return false
    fall(draft, { step: undefined, why: 'cancelled', reason: `Cancelled by ${route.event.type}.` })
    return true
  }
  if (!rule || route.means === 'starts') return false
  if (route.means === 'done') return stepDone(draft, rule, route, data, meta)
  if (route.means === 'failed')
    return stepFailed(draft, rule, {
      step: rule.name,
      why: 'failed',
      reason: route.reason?.(data) ?? `${route.event.type} answered '${rule.name}'.`
    })
  if (draft.state.steps[rule.name] !== 'undoing') return false
  settle(draft, rule.name, 'undone')
  compensate(draft)
  return true
}

function begin(draft: Draft, route: ProcessRoute, data: unknown, meta: MessageMeta): void {
  const kept = route.keep ? route.keep(undefined, data, meta) : data
  const steps = Object.fromEntries(draft.process.steps.map((rule) => [rule.name, 'waiting' as StepStatus]))
  draft.state = { ...draft.state, kept, steps }
  if (draft.process.deadlineMs !== undefined)
    draft.timers.push({ name: deadlineTimer, dueMs: draft.nowMs + draft.process.deadlineMs })
}

const unstarted: ProcessState = { status: 'running', kept: undefined, steps: {}, done: [] }

function apply(draft: Draft, input: ProcessInput): boolean {
  if (input.kind === 'event') return stepEvent(draft, input)
  if (input.kind === 'timer') return timerFired(draft, input.name)
  const { step, code, reason } = input
  const ruleNamed = (said: (name: string) => string) =>
    draft.process.steps.find((rule) => said(rule.name) === step)
  const undoing = ruleNamed(undoOf)
  if (undoing) return undoRefused(draft, undoing)
  const rule = ruleNamed((name) => name)
  return rule !== undefined && stepFailed(draft, rule, { step, why: 'refused', reason: `${code}: ${reason}` })
}

/** The routes of a process by which an early input is found again. */
function routeOf(
  process: ProcessManagerDefinition,
  source: string,
  means: string,
  step: string | undefined
): ProcessRoute | undefined {
  return process.routes.get(source)?.find((route) => route.means === means && route.step === step)
}

/** A process before its start hears only what it may need later. */
function keepEarly(stored: EarlyState | undefined, input: ProcessInput): ProcessOutcome {
  if (input.kind !== 'event') return { changed: false, state: stored, said: [], timers: [] }
  const { route, data, meta } = input
  const type = eventName(route.event)
  const inputs = [...(stored?.inputs ?? []), { type, means: route.means, step: route.step, data, meta }]
  return { changed: true, state: { status: 'early', inputs }, said: [], timers: [] }
}

/** What came early is heard before any step begins or is undone: what is done already need not be asked for. */
function start(draft: Draft, input: EventInput, early: EarlyState | undefined): void {
  begin(draft, input.route, input.data, input.meta)
  for (const { type, means, step, data, meta } of early?.inputs ?? []) {
    const route = routeOf(draft.process, type, means, step)
    if (route) stepEvent(draft, { kind: 'event', route, data, meta })
  }
  draft.holding = false
  if (draft.state.status === 'running') goOn(draft)
  else compensate(draft)
}

/** A process that was stored before a step was declared has that step before it, or never will. */
function withNewSteps(process: ProcessManagerDefinition, state: ProcessState): ProcessState {
  const status: StepStatus = state.status === 'running' ? 'waiting' : 'skipped'
  const added = process.steps.filter(({ name }) => state.steps[name] === undefined)
  if (added.length === 0) return state
  return {
    ...state,
    steps: { ...state.steps, ...Object.fromEntries(added.map(({ name }) => [name, status])) }
  }
}

/**
 * One transition of a process. Pure. An event that no step waits for changes nothing; an event that arrives before
 * the start is kept and heard when it starts, in the order of arrival and before any step begins.
 */
export function processTransition(
  process: ProcessManagerDefinition,
  stored: StoredProcess | undefined,
  input: ProcessInput,
  nowMs: number
): ProcessOutcome {
  const starts = input.kind === 'event' && input.route.means === 'starts'
  const open = { process, nowMs, said: [], timers: [] }
  if (stored === undefined || isEarly(stored)) {
    if (!starts) return keepEarly(stored, input)
    const draft: Draft = { ...open, state: unstarted, holding: true }
    start(draft, input, stored)
    return { changed: true, state: draft.state, said: draft.said, timers: draft.timers }
  }
  if (starts) return { changed: false, state: stored, said: [], timers: [] }
  const draft: Draft = { ...open, state: withNewSteps(process, stored), holding: false }
  const changed = apply(draft, input)
  return { changed, state: changed ? draft.state : stored, said: draft.said, timers: draft.timers }
}
