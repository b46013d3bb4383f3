/** Stops what was scheduled; calling it twice, or after it ran, does nothing. */
export type Cancel = () => void

/**
 * Time. `nowMs` is wall time in whole milliseconds since 1970 and may jump in both directions; `schedule` runs
 * `task` once, not before `delayMs` of elapsed time have passed, never inside the call itself. Tasks due at the same
 * time run in the order in which they were scheduled. The real clock does not keep the process alive for a task.
 * `soon` runs `task` once, never inside the call itself, after input and output that is ready has had its turn;
 * tasks given to it run in order and cannot be cancelled.
 */
export interface Clock {
  nowMs(): number
  soon(task: () => void): void
  schedule(delayMs: number, task: () => void): Cancel
}
