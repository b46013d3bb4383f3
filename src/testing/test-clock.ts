import { assert } from '../core/index.ts'
import type { Cancel, Clock } from '../ports/index.ts'
import { afterTurn, turns } from './event-loop.ts'

/** A clock that stands still until a test moves it. `soon` needs no moving: it is a real turn of the event loop. */
export interface TestClock extends Clock {
  /**
   * Lets `ms` of elapsed and wall time pass. Every task due within runs at its own time, in order, also those that
   * are scheduled on the way; before each and at the end, what was set off gets some turns of the event loop. Do not
   * call it again before it has resolved.
   */
  advance(ms: number): Promise<void>
  /** Sets the wall time, forwards or backwards, without any time passing: no task becomes due. */
  jumpTo(nowMs: number): void
  /** How many tasks wait. */
  readonly scheduled: number
}

/** How a test clock begins, and how long it lets others run. */
export interface TestClockOptions {
  /** Wall time at the start; default 2026-01-01T00:00:00Z. */
  readonly startMs?: number
  /** Turns of the event loop before each task that is due; default 10. */
  readonly turns?: number
}

// 2026-01-01T00:00:00Z
const startDefaultMs = 1_767_225_600_000

interface Task {
  readonly dueMs: number
  readonly run: () => void
}

/** A driven clock for tests: no scheduled task runs unless `advance` is called. */
export function testClock(options: TestClockOptions = {}): TestClock {
  const { startMs = startDefaultMs, turns: turnsEach = 10 } = options
  const tasks = new Set<Task>()
  let elapsedMs = 0
  let wallOffsetMs = startMs

  // A set keeps the order of scheduling, so the first one with the least due time is the one.
  const nextDue = (untilMs: number): Task | undefined => {
    let first: Task | undefined
    for (const task of tasks) {
      if (task.dueMs <= untilMs && (first === undefined || task.dueMs < first.dueMs)) first = task
    }
    return first
  }

  return {
    nowMs: () => Math.floor(elapsedMs + wallOffsetMs),
    soon: (task: () => void) => afterTurn(task),
    schedule(delayMs: number, run: () => void): Cancel {
      assert(!Number.isNaN(delayMs), 'a delay is a number')
      const task: Task = { dueMs: elapsedMs + Math.max(0, delayMs), run }
      tasks.add(task)
      return () => {
        tasks.delete(task)
      }
    },
    async advance(ms: number): Promise<void> {
      assert(ms >= 0 && Number.isFinite(ms), 'time passes forwards; use jumpTo for the wall clock')
      const untilMs = elapsedMs + ms
      await turns(turnsEach)
      for (let task = nextDue(untilMs); task; task = nextDue(untilMs)) {
        elapsedMs = Math.max(elapsedMs, task.dueMs)
        tasks.delete(task)
        task.run()
        await turns(turnsEach)
      }
      elapsedMs = untilMs
    },
    jumpTo(nowMs: number): void {
      wallOffsetMs = nowMs - elapsedMs
    },
    get scheduled(): number {
      return tasks.size
    }
  }
}
