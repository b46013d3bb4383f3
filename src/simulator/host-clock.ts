import type { Cancel, Clock } from '../ports/index.ts'
import type { Host } from './host.ts'

/** Wall time at the beginning of every world: 2026-01-01T00:00:00Z. */
export const epochMs = 1_767_225_600_000

/** The wall clock of a machine: it outlives the nodes that run on it, and may be wrong. */
export interface WallClock {
  /** What it is ahead of virtual time since the epoch, in milliseconds. */
  aheadMs: number
  /** While it is set, the clock shows this, in milliseconds since 1970: times in states are equal in equal worlds. */
  stillMs?: number
  /** The latest that it showed before it jumped, and when that was. */
  before?: { readonly shownMs: number; readonly atMs: number }
}

/** As long as this a commit may go by what the clock showed before a jump: disks are slow, and nodes stand still. */
const turnMaxMs = 30_000

const shownMs = ({ stillMs, aheadMs }: WallClock, worldMs: number): number =>
  stillMs ?? Math.floor(epochMs + worldMs + aheadMs)

/** The latest time that a turn which is under way may have read from a wall clock. */
export function latestMs(wall: WallClock, worldMs: number): number {
  const { before } = wall
  const shown = shownMs(wall, worldMs)
  return before && worldMs - before.atMs < turnMaxMs ? Math.max(shown, before.shownMs) : shown
}

/** Lets a wall clock jump, so that it is this much ahead. */
export function jump(wall: WallClock, worldMs: number, aheadMs: number): void {
  wall.before = { shownMs: latestMs(wall, worldMs), atMs: worldMs }
  wall.aheadMs = aheadMs
}

/** What a turn of an event loop takes: something, so that whoever waits turn by turn sees time pass. */
const turnMs = 0.02

/** The clock of a node: elapsed time is that of the world, wall time that of its machine. */
export function hostClock({ world, life }: Host, wall: WallClock): Clock {
  return {
    nowMs: () => shownMs(wall, world.nowMs),
    soon: (task: () => void) => {
      world.after(turnMs, life, 'soon', task)
    },
    schedule: (delayMs: number, task: () => void): Cancel => world.after(delayMs, life, 'alarm', task)
  }
}
