import type { BankEnd, BankProcess } from './bank-process.ts'
import { trace, writeCalls } from './strace.ts'

/** One place at which a script writes: the so-many-th call of that name. */
export interface CrashPoint {
  readonly call: string
  readonly when: number
}

/** Every place at which a script has written, by what strace saw of its main thread; those of each name in order. */
export function pointsOf(lines: readonly string[], pid: number): readonly CrashPoint[] {
  const counts = new Map<string, number>()
  const points: CrashPoint[] = []
  for (const line of lines) {
    const [, thread, call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? []
    // Faults are counted by thread, and a store works in the thread that opened it.
    if (Number(thread) !== pid) continue
    const when = (counts.get(call) ?? 0) + 1
    counts.set(call, when)
    points.push({ call, when })
  }
  return points
}

/** Some points of all, the rarest calls first: whole where there is room, else spread evenly from a chance beginning. */
export function chosenOf(points: readonly CrashPoint[], wanted: number): readonly CrashPoint[] {
  const names = [...new Set(points.map(({ call }) => call))]
  const byCall = names.map((name) => points.filter(({ call }) => call === name))
  byCall.sort((one, other) => one.length - other.length)
  const chosen: CrashPoint[] = []
  for (const [index, all] of byCall.entries()) {
    const room = Math.max(1, Math.ceil((wanted - chosen.length) / (byCall.length - index)))
    const stride = Math.max(1, all.length / room)
    for (let at = Math.random() * (stride - 1); at < all.length && chosen.length < wanted; at += stride) {
      const point = all[Math.floor(at)]
      if (point) chosen.push(point)
    }
  }
  return chosen
}

/** How a traced script ended, and what it wrote. */
export interface TracedRun {
  readonly end: BankEnd
  readonly calls: readonly string[]
}

/** Traces a bank that waits for its orders; it is killed at the point, if there is one. `begin` gives it its orders. */
export async function runTraced(
  bank: BankProcess,
  point: CrashPoint | undefined,
  logFile: string,
  begin: () => Promise<void>
): Promise<TracedRun> {
  await bank.until(() => bank.has('ready'))
  const inject = point && `${point.call}:signal=KILL:when=${point.when}`
  const tracer = await trace(bank.pid, writeCalls, inject, logFile)
  await begin()
  bank.go()
  const end = await bank.ended
  await tracer.ended
  return { end, calls: tracer.calls() }
}
