import { Failure } from '../../core/index.ts'

const timeoutMsDefault = 30_000
const lockTimeoutMsDefault = 10_000
/** The most that timers and the server take. */
const timeMsMax = 2_147_483_647

/** How long calls of a store wait. */
export interface StoreTimes {
  /** For the server, in milliseconds. */
  readonly timeoutMs: number
  /** For locks that another holds, in milliseconds. */
  readonly lockMs: number
}

function check(name: string, ms: number): void {
  if (Number.isInteger(ms) && ms >= 1 && ms <= timeMsMax) return
  const hint = `${name} is ${ms}, but it is a whole number of milliseconds from 1 to ${timeMsMax}.`
  throw new Failure('CONFIG_INVALID', { hint, [name]: ms })
}

/**
 * The times that were given, or those by default. Fails with `CONFIG_INVALID` when a call would be given up while it may
 * still wait for a lock: the server would write later what was told to have failed.
 */
export function storeTimes(given: {
  readonly timeoutMs?: number
  readonly lockTimeoutMs?: number
}): StoreTimes {
  const { timeoutMs = timeoutMsDefault } = given
  check('timeoutMs', timeoutMs)
  const { lockTimeoutMs: lockMs = Math.min(lockTimeoutMsDefault, Math.ceil(timeoutMs / 2)) } = given
  check('lockTimeoutMs', lockMs)
  if (given.lockTimeoutMs === undefined || lockMs < timeoutMs) return { timeoutMs, lockMs }
  const hint = `timeoutMs is ${timeoutMs} and lockTimeoutMs ${lockMs}, but a call must wait longer for the server than for a lock, or it would be given up while it may still be written: raise timeoutMs, or lower lockTimeoutMs.`
  throw new Failure('CONFIG_INVALID', { hint, timeoutMs, lockTimeoutMs: lockMs })
}
