import { performance } from 'node:perf_hooks'
import { assert } from '../../core/index.ts'
import type { Cancel, Clock } from '../../ports/index.ts'
import { DueHeap, type DueTask } from './due-heap.ts'

// The longest delay that setTimeout takes; a longer one fires at once there.
const timeoutMaxMs = 2 ** 31 - 1

/**
 * The machine's clock. Elapsed time is monotonic, so a jump of the wall clock moves no task. Tasks run strictly in
 * the order of their due times, then of scheduling, also when the event loop is late; a task without a delay runs in
 * the next turn of the loop. One timer of the platform serves all tasks, and does not keep the process alive. A task
 * that throws ends as an uncaught exception; the others run all the same.
 */
export function systemClock(): Clock {
  const heap = new DueHeap()
  let number = 0
  let timer: NodeJS.Timeout | undefined
  let timerDueMs = Number.POSITIVE_INFINITY
  let turnComes = false

  const runDue = (): void => {
    // Tasks scheduled from here on wait for the next turn: a task that reschedules itself must not starve the loop.
    const numberEnd = number
    const nowMs = performance.now()
    try {
      for (let task = heap.first; task && task.dueMs <= nowMs && task.number < numberEnd; task = heap.first) {
        heap.remove(task)
        task.run()
      }
    } finally {
      arm()
    }
  }

  const onTurn = (): void => {
    turnComes = false
    runDue()
  }

  const onTimer = (): void => {
    timer = undefined
    timerDueMs = Number.POSITIVE_INFINITY
    runDue()
  }

  const arm = (): void => {
    const first = heap.first
    if (!first || turnComes || first.dueMs >= timerDueMs) return
    const delayMs = first.dueMs - performance.now()
    if (delayMs <= 0) {
      turnComes = true
      setImmediate(onTurn)
      return
    }
    clearTimeout(timer)
    timerDueMs = first.dueMs
    timer = setTimeout(onTimer, Math.min(Math.ceil(delayMs), timeoutMaxMs)).unref()
  }

  return {
    nowMs: () => Date.now(),
    soon(task: () => void): void {
      setImmediate(task)
    },
    schedule(delayMs: number, run: () => void): Cancel {
      assert(!Number.isNaN(delayMs), 'a delay is a number')
      const task: DueTask = {
        dueMs: performance.now() + Math.max(0, delayMs),
        number: number++,
        run,
        index: -1
      }
      heap.add(task)
      arm()
      return () => heap.remove(task)
    }
  }
}
