import { expect, onTestFinished, test } from 'vitest'
import { type TestClock, testClock } from '../testing/index.ts'
import { ServiceProcess } from './service-process.ts'

const stays = "process.send('ready'); setInterval(() => {}, 1_000)"
const endsAtOnce = "process.send('ready', () => process.exit(7))"

interface Kept {
  readonly kept: ServiceProcess
  readonly clock: TestClock
  /** How it ended each time, and the pause that followed. */
  readonly ends: readonly (readonly [how: string, againMs: number])[]
  /** How often it was back. */
  readonly backs: () => number
}

/** A process that is kept running, by a clock that the test drives. */
async function keptRunning(script: string): Promise<Kept> {
  const ends: [string, number][] = []
  let backs = 0
  const clock = testClock()
  const kept = new ServiceProcess({
    name: 'a process',
    args: ['-e', script],
    env: process.env,
    clock,
    onLine: () => undefined,
    onEnd: (how, againMs) => void ends.push([how, againMs]),
    onBack: () => {
      backs += 1
    }
  })
  onTestFinished(() => kept.stop())
  await kept.start()
  return { kept, clock, ends, backs: () => backs }
}

const waiting = { timeout: 20_000, interval: 10 }

/** Kills it, and gives the pause before it is started again. */
async function pauseAfterKill({ kept, ends }: Kept): Promise<number> {
  const before = ends.length
  process.kill(kept.pid ?? 0, 'SIGKILL')
  await expect.poll(() => ends.length, waiting).toBe(before + 1)
  expect(ends.at(-1)?.[0]).toBe('SIGKILL')
  return ends.at(-1)?.[1] ?? 0
}

/** Lets a pause pass, and waits until it runs again. */
async function runsAgain({ clock, backs }: Kept, againMs: number): Promise<void> {
  const before = backs()
  await clock.advance(againMs)
  await expect.poll(backs, waiting).toBe(before + 1)
}

test('the pause before a process that does not stay is started again doubles, up to ten seconds', async () => {
  const { kept, clock, ends } = await keptRunning(endsAtOnce)
  const doubled = [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]
  for (const [index, againMs] of doubled.entries()) {
    await expect.poll(() => ends.length, waiting).toBe(index + 1)
    expect(ends[index]).toEqual(['exit code 7', againMs])
    const { pid } = kept
    await clock.advance(againMs - 1)
    expect(kept.pid).toBe(pid)
    await clock.advance(1)
    expect(kept.pid).not.toBe(pid)
  }
})

test('a process that stayed for ten seconds is started again soon, and one that did not stay so long later', async () => {
  const kept = await keptRunning(stays)
  const pauses: number[] = []
  for (const stayedMs of [0, 9_999, 9_999, 10_000, 0]) {
    await kept.clock.advance(stayedMs)
    pauses.push(await pauseAfterKill(kept))
    await runsAgain(kept, pauses.at(-1) ?? 0)
  }
  expect(pauses).toEqual([200, 400, 800, 200, 400])
})

test('a process that is stopped while it waits to be started again is not', async () => {
  const kept = await keptRunning(stays)
  const againMs = await pauseAfterKill(kept)
  const { pid } = kept.kept
  await kept.kept.stop()
  await kept.clock.advance(2 * againMs)
  expect([kept.kept.pid, kept.backs()]).toEqual([pid, 0])
})
