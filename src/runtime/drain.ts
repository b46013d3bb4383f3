import type { Clock } from '../ports/index.ts'

const lookMs = 5

/** Resolves when nothing is under way any more, at the latest after `graceMs`. */
export async function drained(clock: Clock, graceMs: number, isUnderWay: () => boolean): Promise<void> {
  let late = false
  const cancelDeadline = clock.schedule(graceMs, () => {
    late = true
  })
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (late || !isUnderWay()) resolve()
      else clock.schedule(lookMs, look)
    }
    look()
  })
  cancelDeadline()
}
