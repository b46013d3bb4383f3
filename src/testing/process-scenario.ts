import {
  type Duration,
  durationMs,
  type EventMessage,
  eventName,
  isEarly,
  type OutgoingMessage,
  type ProcessInput,
  type ProcessManagerDefinition,
  type ProcessRoute,
  type ProcessState,
  processTransition,
  type SaidMessage,
  type StoredProcess
} from '../core/index.ts'
import { arrivingData, metaOf, saidMessage } from './check-message.ts'
import { difference, inShort } from './difference.ts'
import { expectMessages } from './expect-messages.ts'
import { frozenJson } from './plain-json.ts'
import type { FiredTimer, RefusedCommand } from './process-input.ts'
import { purely } from './purely.ts'
import { calledBy, failScenario } from './scenario-failure.ts'
import { scenarioStartMs } from './scenario-start.ts'

/** What may happen to a process. */
export type HappensToProcess<Step extends string, Heard extends string> =
  | EventMessage<Heard>
  | FiredTimer<Step>
  | RefusedCommand

/** One process with a past. */
export interface GivenProcess<Kept, Step extends string, Heard extends string> {
  /** Something happens: an event, `timeout('step')`, `deadline()`, or `refused(Command, 'code')`. */
  when(happening: HappensToProcess<Step, Heard>): MovedProcess<Kept, Step, Heard>
  /** Time passes; every timer that comes due fires, in the order of its time. */
  afterwards(duration: Duration): MovedProcess<Kept, Step, Heard>
  /** Fails unless the process has ended this way. */
  thenEnds(status: 'completed' | 'failed'): GivenProcess<Kept, Step, Heard>
  /** Fails unless exactly these steps have begun and wait for their answer. */
  thenWaitsFor(...steps: readonly Step[]): GivenProcess<Kept, Step, Heard>
  /** Fails unless this is exactly what the process keeps. */
  thenKeeps(kept: Kept): GivenProcess<Kept, Step, Heard>
}

/** One process to which something has happened. */
export interface MovedProcess<Kept, Step extends string, Heard extends string> {
  /** Fails unless it said exactly these messages, in this order; without any, unless it said nothing. */
  then(...messages: readonly OutgoingMessage[]): GivenProcess<Kept, Step, Heard>
  /** As of a process with a past: what it said is not looked at. */
  when(happening: HappensToProcess<Step, Heard>): MovedProcess<Kept, Step, Heard>
  afterwards(duration: Duration): MovedProcess<Kept, Step, Heard>
  thenEnds(status: 'completed' | 'failed'): GivenProcess<Kept, Step, Heard>
  thenWaitsFor(...steps: readonly Step[]): GivenProcess<Kept, Step, Heard>
  thenKeeps(kept: Kept): GivenProcess<Kept, Step, Heard>
}

interface Running {
  readonly process: ProcessManagerDefinition
  readonly key: string | undefined
  readonly stored: StoredProcess | undefined
  readonly timers: ReadonlyMap<string, number>
  /** Everything it ever said; a refusal finds its step by it. */
  readonly said: readonly SaidMessage[]
  readonly nowMs: number
  readonly messages: number
}

function moved(running: Running, what: string, input: ProcessInput): Running {
  const { process, stored, nowMs } = running
  const outcome = purely(what, () => processTransition(process, stored, input, nowMs))
  const said = outcome.said.map((one) => ({ ...one, message: saidMessage(one.message, process.name) }))
  const timers = new Map(running.timers)
  for (const change of outcome.timers)
    if ('dueMs' in change) timers.set(change.name, change.dueMs)
    else timers.delete(change.name)
  const state = outcome.state && frozenJson(outcome.state, `The state of ${process.name} after ${what}`)
  return { ...running, stored: state, timers, said: [...running.said, ...said] }
}

/** The process after one meaning of an event; every event must be about the same instance. */
function afterRoute(running: Running, event: EventMessage, route: ProcessRoute): Running {
  const { process } = running
  const data = arrivingData(event, route.event)
  const meta = Object.freeze(metaOf(event, running.messages, running.nowMs))
  const key = purely(`The key for ${event.type} in ${process.name}`, () => route.key(data, meta))
  if (typeof key !== 'string' || key === '')
    failScenario(
      `${event.type} gave ${process.name} the key ${inShort(key)}; a key is a text that is not empty.`
    )
  if (running.key !== undefined && running.key !== key)
    failScenario(
      `${event.type} is about ${process.name} ${inShort(key)}; this scenario is about ${inShort(running.key)}.`
    )
  return moved({ ...running, key }, `${process.name} on ${event.type}`, { kind: 'event', route, data, meta })
}

function afterEvent(running: Running, event: EventMessage): Running {
  const routes = running.process.routes.get(eventName(event))
  if (!routes)
    return failScenario(`${event.type} of ${event.service} is no event that ${running.process.name} hears.`)
  const counted = { ...running, messages: running.messages + 1 }
  return routes.reduce((before, route) => afterRoute(before, event, route), counted)
}

function afterTimer(running: Running, name: string): Running {
  const dueMs = running.timers.get(name)
  if (dueMs === undefined) {
    const set = [...running.timers.keys()].join(', ') || 'none'
    return failScenario(`${running.process.name} has no timer '${name}' set now.`, [`set are: ${set}`])
  }
  const timers = new Map(running.timers)
  timers.delete(name)
  const nowMs = Math.max(running.nowMs, dueMs)
  return moved({ ...running, timers, nowMs }, `${running.process.name} on the timer '${name}'`, {
    kind: 'timer',
    name
  })
}

function afterRefusal(running: Running, refusal: RefusedCommand): Running {
  const { process } = running
  const sent = running.said.findLast(
    ({ message }) =>
      message.kind === 'command' && message.service === refusal.service && message.type === refusal.type
  )
  if (sent?.step === undefined)
    return failScenario(`${process.name} has not sent ${refusal.type}; it cannot be refused.`)
  const { code, reason } = refusal
  return moved(running, `${process.name} on a refusal`, { kind: 'refusal', step: sent.step, code, reason })
}

function afterwards(running: Running, duration: Duration): Running {
  const untilMs = running.nowMs + durationMs(duration)
  let current = running
  for (;;) {
    const next = [...current.timers]
      .filter(([, dueMs]) => dueMs <= untilMs)
      .sort(([, left], [, right]) => left - right)[0]
    if (!next) return { ...current, nowMs: untilMs }
    current = afterTimer(current, next[0])
  }
}

function happen(running: Running, happening: HappensToProcess<string, string>): Running {
  if (happening.kind === 'event') return afterEvent(running, happening)
  return happening.kind === 'timer' ? afterTimer(running, happening.name) : afterRefusal(running, happening)
}

/** The state of a process that has started. */
function started({ process, stored }: Running): ProcessState {
  if (stored === undefined || isEarly(stored))
    return failScenario(`${process.name} has not started: the event that starts it did not come.`)
  return stored
}

/** How the steps of a process stand, in one line. */
function standing(state: ProcessState): string {
  const steps = Object.entries(state.steps).map(([name, status]) => `${name} ${status}`)
  return `the process is ${state.status}: ${steps.join(', ')}`
}

type AnyGiven = GivenProcess<unknown, string, string>
type AnyMoved = MovedProcess<unknown, string, string>

function processScenario(running: Running): AnyGiven {
  const { name } = running.process
  const scenario: AnyGiven = {
    when: function when(happening) {
      return calledBy(when, () => movedScenario(running, happen(running, happening)))
    },
    afterwards: function passes(duration) {
      return calledBy(passes, () => movedScenario(running, afterwards(running, duration)))
    },
    thenEnds: function thenEnds(status) {
      return calledBy(thenEnds, () => {
        const state = started(running)
        return state.status === status
          ? scenario
          : failScenario(`${name} has not ended as ${status}.`, [standing(state)])
      })
    },
    thenWaitsFor: function thenWaitsFor(...steps) {
      return calledBy(thenWaitsFor, () => {
        const state = started(running)
        const begun = Object.keys(state.steps).filter((step) => state.steps[step] === 'begun')
        const lines = difference([...steps].sort(), begun.sort())
        return lines.length === 0
          ? scenario
          : failScenario(`${name} waits for other steps.`, [...lines, standing(state)])
      })
    },
    thenKeeps: function thenKeeps(kept) {
      return calledBy(thenKeeps, () => {
        const lines = difference(kept, started(running).kept)
        return lines.length === 0 ? scenario : failScenario(`${name} keeps something else.`, lines)
      })
    }
  }
  return scenario
}

function movedScenario(before: Running, after: Running): AnyMoved {
  const next = processScenario(after)
  const said = after.said.slice(before.said.length).map(({ message }) => message)
  return {
    ...next,
    // biome-ignore lint/suspicious/noThenProperty: `then` is the word for it; what it returns is no longer thenable.
    then: function then(...messages) {
      return calledBy(then, () => {
        expectMessages(after.process.name, messages, said)
        return next
      })
    }
  }
}

/** One process that these things have happened to, in this order. */
export function givenProcess(
  process: ProcessManagerDefinition,
  past: readonly HappensToProcess<string, string>[]
): AnyGiven {
  const start: Running = {
    process,
    key: undefined,
    stored: undefined,
    timers: new Map(),
    said: [],
    nowMs: scenarioStartMs,
    messages: 0
  }
  return processScenario(past.reduce(happen, start))
}
