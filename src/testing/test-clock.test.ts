import { expect, test } from 'vitest'
import { testClock, testIds } from './index.ts'

test('time stands still until it is moved, and both wall and elapsed time move', async () => {
  const clock = testClock({ startMs: 1_000 })
  const ran: number[] = []
  clock.schedule(50, () => ran.push(clock.nowMs()))
  await clock.advance(49)
  expect([clock.nowMs(), ran]).toEqual([1_049, []])
  await clock.advance(1)
  expect([clock.nowMs(), ran]).toEqual([1_050, [1_050]])
})

test('tasks run at their own times, in the order of scheduling where these are equal', async () => {
  const clock = testClock({ startMs: 0 })
  const ran: string[] = []
  const push = (name: string) => () => {
    ran.push(`${name} at ${clock.nowMs()}`)
  }
  clock.schedule(30, push('third'))
  clock.schedule(10, push('first'))
  clock.schedule(30, push('fourth'))
  clock.schedule(20, push('second'))
  clock.schedule(0, push('now'))
  expect(ran).toEqual([])
  await clock.advance(30)
  expect(ran).toEqual(['now at 0', 'first at 10', 'second at 20', 'third at 30', 'fourth at 30'])
})

test('a task scheduled on the way, also behind promises and turns, runs at its time', async () => {
  const clock = testClock({ startMs: 0 })
  const ran: number[] = []
  const retry = async (): Promise<void> => {
    ran.push(clock.nowMs())
    await Promise.resolve()
    await new Promise<void>((resolve) => clock.soon(resolve))
    clock.schedule(10, () => void retry())
  }
  clock.schedule(10, () => void retry())
  await clock.advance(45)
  expect(ran).toEqual([10, 20, 30, 40])
})

test('a jump of the wall clock makes no task due, in neither direction', async () => {
  const clock = testClock({ startMs: 1_000_000 })
  let ran = 0
  clock.schedule(100, () => {
    ran += 1
  })
  clock.jumpTo(1_000_000_000)
  await clock.advance(0)
  expect([ran, clock.nowMs()]).toEqual([0, 1_000_000_000])
  clock.jumpTo(5)
  await clock.advance(99)
  expect([ran, clock.nowMs()]).toEqual([0, 104])
  await clock.advance(1)
  expect([ran, clock.nowMs()]).toEqual([1, 105])
})

test('a cancelled task does not run; cancelling twice, or afterwards, does nothing', async () => {
  const clock = testClock()
  let ran = 0
  const task = (): void => {
    ran += 1
  }
  const [cancel, other] = [clock.schedule(1, task), clock.schedule(1, task)]
  cancel()
  cancel()
  expect(clock.scheduled).toBe(1)
  await clock.advance(1)
  other()
  expect([ran, clock.scheduled]).toEqual([1, 0])
})

test('soon needs no moving, and does not run inside the call', async () => {
  const clock = testClock()
  const ran: number[] = []
  clock.soon(() => ran.push(1))
  clock.soon(() => ran.push(2))
  expect(ran).toEqual([])
  await new Promise<void>((resolve) => clock.soon(resolve))
  expect(ran).toEqual([1, 2])
})

test('ids are the same for the same seed, differ for another, and are well formed', () => {
  const draw = (seed: number): (string | number)[] => {
    const ids = testIds(seed)
    return Array.from({ length: 50 }, () => [ids.unique(), ids.traceId(), ids.spanId(), ids.random()]).flat()
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  const ids = testIds(0)
  const seen = new Set<string>()
  for (let each = 0; each < 1_000; each++) {
    expect(ids.traceId()).toMatch(/^[0-9a-f]{32}$/)
    expect(ids.spanId()).toMatch(/^[0-9a-f]{16}$/)
    const random = ids.random()
    expect(random >= 0 && random < 1).toBe(true)
    seen.add(ids.unique())
  }
  expect(seen.size).toBe(1_000)
})
