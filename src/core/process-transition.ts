import type { MessageMeta } from './message-meta.ts'
import type { SaidMessage, TimerChange } from './outcome.ts'
import type { ProcessFailure, ProcessManagerDefinition, ProcessRoute, StepRule } from './process-manager.ts'

/** Where one step of one process stands. */
export type StepStatus = 'waiting' | 'begun' | 'done' | 'failed' | 'timed-out' | 'undoing' | 'undone' | 'skipped'

/** The state of one process: what it keeps, where each step stands, and how it ends. */
export interface ProcessState {
  readonly status: 'running' | 'compensating' | 'completed' | 'failed'
  readonly kept: unknown
  readonly steps: Readonly<Record<string, StepStatus>>
  /** Steps in the order in which they were done; compensation goes backwards through it. */
  readonly done: readonly string[]
  readonly failure?: ProcessFailure
}

/** What happens to a process: one of its events, the refusal of a command it sent, or a timer. */
export type ProcessInput =
  | { readonly kind: 'event'; readonly route: ProcessRoute; readonly data: unknown; readonly meta: MessageMeta }
  | { readonly kind: 'refusal'; readonly step: string; readonly code: string; readonly reason: string }
  | { readonly kind: 'timer'; readonly name: string }

/** What a transition of a process gives; nothing changes when `changed` is false. */
export interface ProcessOutcome {
  readonly changed: boolean
  readonly state: ProcessState
  readonly said: readonly SaidMessage[]
  readonly timers: readonly TimerChange[]
}

/** The name of the timer for a whole process. */
export const deadlineTimer = 'deadline'

const stepTimer = (step: string): string => `step:${step}`

/** One transition being worked out: a draft that only this module changes. */
interface Draft {
  readonly process: ProcessManagerDefinition
  readonly nowMs: number
  state: ProcessState
  readonly said: SaidMessage[]
  readonly timers: TimerChange[]
}

function mark(draft: Draft, step: string, status: StepStatus): void {
  draft.state = { ...draft.state, steps: { ...draft.state.steps, [step]: status } }
}

function stopTimer(draft: Draft, rule: StepRule): void {
  if (rule.timeoutMs !== undefined) draft.timers.push({ name: stepTimer(rule.name), cancel: true })
}

/** Begins every step whose predecessors are done; ends the process when there is none left. */
function goOn(draft: Draft): void {
  for (const rule of draft.process.steps) {
    const ready = draft.state.steps[rule.name] === 'waiting' && rule.after.every(before => draft.state.steps[before] === 'done')
    if (!ready) continue
    mark(draft, rule.name, 'begun')
    if (rule.send) draft.said.push({ message: rule.send(draft.state.kept), step: rule.name })
    if (rule.timeoutMs !== undefined) draft.timers.push({ name: stepTimer(rule.name), dueMs: draft.nowMs + rule.timeoutMs })
  }
  if (!draft.process.steps.every(rule => draft.state.steps[rule.name] === 'done')) return
  draft.state = { ...draft.state, status: 'completed' }
  if (draft.process.deadlineMs !== undefined) draft.timers.push({ name: deadlineTimer, cancel: true })
  for (const message of draft.process.onCompleted?.(draft.state.kept) ?? []) draft.said.push({ message })
}

/** Undoes what is done, newest first, as far as confirmations allow; then, once nothing is open, the process has failed. */
function compensate(draft: Draft): void {
  while (draft.state.done.length > 0) {
    const step = draft.state.done.at(-1) as string
    if (draft.state.steps[step] === 'undoing') return
    const rule = draft.process.steps.find(one => one.name === step) as StepRule
    if (rule.undo) draft.said.push({ message: rule.undo(draft.state.kept), step })
    if (rule.undo && rule.undoConfirmed) {
      mark(draft, step, 'undoing')
      return
    }
    undone(draft, step)
  }
  const open = draft.process.steps.some(rule => draft.state.steps[rule.name] === 'begun')
  if (open || draft.state.status === 'failed') return
  draft.state = { ...draft.state, status: 'failed' }
  const failure = draft.state.failure as ProcessFailure
  for (const message of draft.process.onFailed?.(draft.state.kept, failure) ?? []) draft.said.push({ message })
}

function undone(draft: Draft, step: string): void {
  mark(draft, step, 'undone')
  draft.state = { ...draft.state, done: draft.state.done.filter(one => one !== step) }
}

/** Turns a running process to compensation; steps that have not begun never will. */
function fall(draft: Draft, failure: ProcessFailure): void {
  if (draft.state.status === 'running') {
    draft.state = { ...draft.state, status: 'compensating', failure }
    for (const rule of draft.process.steps) if (draft.state.steps[rule.name] === 'waiting') mark(draft, rule.name, 'skipped')
    if (draft.process.deadlineMs !== undefined) draft.timers.push({ name: deadlineTimer, cancel: true })
  }
  compensate(draft)
}

function stepDone(draft: Draft, rule: StepRule, route: ProcessRoute, data: unknown, meta: MessageMeta): boolean {
  const status = draft.state.steps[rule.name]
  const answerable = status === 'begun' || status === 'timed-out' || status === 'waiting' || status === 'skipped'
  if (!answerable) return false
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
  if (status === 'undoing') {
    // A refused undo leaves nothing to wait for: the earlier steps must still be undone.
    undone(draft, rule.name)
    compensate(draft)
    return true
  }
  if (status !== 'begun' && status !== 'waiting' && status !== 'timed-out') return false
  stopTimer(draft, rule)
  mark(draft, rule.name, 'failed')
  fall(draft, failure)
  return true
}

function timerFired(draft: Draft, name: string): boolean {
  if (name === deadlineTimer) {
    if (draft.state.status !== 'running') return false
    for (const rule of draft.process.steps)
      if (draft.state.steps[rule.name] === 'begun') {
        stopTimer(draft, rule)
        mark(draft, rule.name, 'timed-out')
      }
    fall(draft, { step: undefined, why: 'timeout', reason: 'The process took longer than its deadline.' })
    return true
  }
  const rule = draft.process.steps.find(one => stepTimer(one.name) === name)
  if (!rule || draft.state.steps[rule.name] !== 'begun') return false
  mark(draft, rule.name, 'timed-out')
  fall(draft, { step: rule.name, why: 'timeout', reason: `No answer to '${rule.name}' in time.` })
  return true
}

function stepEvent(draft: Draft, input: Extract<ProcessInput, { kind: 'event' }>): boolean {
  const { route, data, meta } = input
  const rule = draft.process.steps.find(one => one.name === route.step)
  if (route.means === 'cancels') {
    if (draft.state.status !== 'running') return false
    fall(draft, { step: undefined, why: 'cancelled', reason: `Cancelled by ${route.event.type}.` })
    return true
  }
  if (!rule || route.means === 'starts') return false
  if (route.means === 'done') return stepDone(draft, rule, route, data, meta)
  if (route.means === 'failed')
    return stepFailed(draft, rule, { step: rule.name, why: 'failed', reason: `${route.event.type} answered '${rule.name}'.` })
  if (draft.state.steps[rule.name] !== 'undoing') return false
  undone(draft, rule.name)
  compensate(draft)
  return true
}

function begin(draft: Draft, route: ProcessRoute, data: unknown, meta: MessageMeta): void {
  const kept = route.keep ? route.keep(undefined, data, meta) : data
  const steps = Object.fromEntries(draft.process.steps.map(rule => [rule.name, 'waiting' as StepStatus]))
  draft.state = { ...draft.state, kept, steps }
  if (draft.process.deadlineMs !== undefined)
    draft.timers.push({ name: deadlineTimer, dueMs: draft.nowMs + draft.process.deadlineMs })
  goOn(draft)
}

/** What came before the start, kept until the start arrives: events of several services have no order among them. */
export interface EarlyState {
  readonly status: 'early'
  readonly inputs: readonly { readonly type: string; readonly means: ProcessRoute['means']; readonly step: string | undefined; readonly data: unknown; readonly meta: MessageMeta }[]
}

/** A process as it is stored. */
export type StoredProcess = ProcessState | EarlyState

function isEarly(state: StoredProcess | undefined): state is EarlyState {
  return state?.status === 'early'
}
export { isEarly }

const unstarted: ProcessState = { status: 'running', kept: undefined, steps: {}, done: [] }

function apply(draft: Draft, input: ProcessInput): boolean {
  if (input.kind === 'event') return stepEvent(draft, input)
  if (input.kind === 'timer') return timerFired(draft, input.name)
  const rule = draft.process.steps.find(one => one.name === input.step)
  return rule !== undefined && stepFailed(draft, rule, { step: input.step, why: 'refused', reason: `${input.code}: ${input.reason}` })
}

/** The routes of a process by which an early input is found again. */
function routeOf(process: ProcessManagerDefinition, source: string, means: string, step: string | undefined): ProcessRoute | undefined {
  return process.routes.get(source)?.find(route => route.means === means && route.step === step)
}

/**
 * One transition of a process. Pure. An event that no step waits for changes nothing; an event that arrives before
 * the start is kept and applied right after it, in the order of arrival.
 */
export function processTransition(
  process: ProcessManagerDefinition,
  stored: StoredProcess | undefined,
  input: ProcessInput,
  nowMs: number
): { readonly changed: boolean; readonly state: StoredProcess | undefined; readonly said: readonly SaidMessage[]; readonly timers: readonly TimerChange[] } {
  const starts = input.kind === 'event' && input.route.means === 'starts'
  if (stored === undefined || isEarly(stored)) {
    if (!starts) {
      if (input.kind !== 'event') return { changed: false, state: stored, said: [], timers: [] }
      const { route, data, meta } = input
      const kept = { type: `${route.event.service}/${route.event.type}`, means: route.means, step: route.step, data, meta }
      return { changed: true, state: { status: 'early', inputs: [...(stored?.inputs ?? []), kept] }, said: [], timers: [] }
    }
    const draft: Draft = { process, nowMs, state: unstarted, said: [], timers: [] }
    begin(draft, input.route, input.data, input.meta)
    for (const early of stored?.inputs ?? []) {
      const route = routeOf(process, early.type, early.means, early.step)
      if (route) stepEvent(draft, { kind: 'event', route, data: early.data, meta: early.meta })
    }
    return { changed: true, state: draft.state, said: draft.said, timers: draft.timers }
  }
  if (starts) return { changed: false, state: stored, said: [], timers: [] }
  const draft: Draft = { process, nowMs, state: stored, said: [], timers: [] }
  const changed = apply(draft, input)
  return { changed, state: draft.state, said: draft.said, timers: draft.timers }
}
