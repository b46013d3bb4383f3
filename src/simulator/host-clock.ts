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
}

/** What a turn of an event loop takes: something, so that whoever waits turn by turn sees time pass. */
const turnMs = 0.02

/** The clock of a node: elapsed time is that of the world, wall time that of its machine. */
export function hostClock({ world, life }: Host, wall: WallClock): Clock {
  return {
    nowMs: () => wall.stillMs ?? Math.floor(epochMs + world.nowMs + wall.aheadMs),
    soon: (task: () => void) => {
      world.after(turnMs, life, 'soon', task)
    },
    schedule: (delayMs: number, task: () => void): Cancel => world.after(delayMs, life, 'alarm', task)
  }
}
