import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { DueHeap, type DueTask } from './due-heap.ts'
import { systemClock } from './index.ts'

const run = promisify(execFile)

const after = (ms: number): Promise<void> => new Promise((resolve) => systemClock().schedule(ms, resolve))

test('a task runs once, not inside the call, and not before its time', async () => {
  const clock = systemClock()
  for (const delayMs of [0, 0.4, 1, 1.6, 7, 20]) {
    const start = performance.now()
    const ran = await new Promise<number>((resolve) => {
      let inside = true
      clock.schedule(delayMs, () => resolve(inside ? -1 : performance.now() - start))
      inside = false
    })
    expect(ran).toBeGreaterThanOrEqual(delayMs)
  }
})

test('tasks run in the order of their due times, and of scheduling where these are equal', async () => {
  const clock = systemClock()
  const order: string[] = []
  const push = (name: string) => () => {
    order.push(name)
  }
  clock.schedule(12, push('late'))
  clock.schedule(-1, push('first'))
  clock.schedule(0, push('second'))
  clock.schedule(4, push('third'))
  const blockedUntil = performance.now() + 15
  while (performance.now() < blockedUntil);
  clock.schedule(0, push('last'))
  await new Promise<void>((resolve) => clock.schedule(1, resolve))
  expect(order).toEqual(['first', 'second', 'third', 'late', 'last'])
})

test('a cancelled task does not run; cancelling twice, or afterwards, does nothing', async () => {
  const clock = systemClock()
  const ran: number[] = []
  const cancels = Array.from({ length: 100 }, (_, index) =>
    clock.schedule(1 + (index % 7), () => {
      ran.push(index)
    })
  )
  for (const [index, cancel] of cancels.entries()) if (index % 3 === 0) cancel()
  for (const [index, cancel] of cancels.entries()) if (index % 3 === 0) cancel()
  await after(20)
  for (const cancel of cancels) cancel()
  expect(ran).toHaveLength(66)
  expect(ran.filter((index) => index % 3 === 0)).toEqual([])
})

test('a delay beyond 2^31 ms does not run at once, and holds nothing up', async () => {
  const clock = systemClock()
  let early = 0
  const cancels = [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY].map((ms) =>
    clock.schedule(ms, () => {
      early += 1
    })
  )
  let ran = 0
  clock.schedule(2, () => {
    ran += 1
  })
  await after(15)
  for (const cancel of cancels) cancel()
  expect({ early, ran }).toEqual({ early: 0, ran: 1 })
})

test('a task that schedules itself again without a delay lets input and output have its turn', async () => {
  const clock = systemClock()
  let rounds = 0
  let done = false
  const again = (): void => {
    rounds += 1
    if (!done) clock.schedule(0, again)
  }
  clock.schedule(0, again)
  await run(process.execPath, ['--version'])
  done = true
  expect(rounds).toBeGreaterThan(1)
})

test('soon runs in order, not inside the call', async () => {
  const clock = systemClock()
  const order: number[] = []
  for (let index = 0; index < 100; index++) clock.soon(() => order.push(index))
  expect(order).toEqual([])
  await new Promise<void>((resolve) => clock.soon(resolve))
  expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index))
})

test('a task that throws is an uncaught exception, the others run all the same, and no task keeps a process alive', async () => {
  const door = new URL('./index.ts', import.meta.url).href
  const program = `
    import { systemClock } from ${JSON.stringify(door)}
    process.on('uncaughtException', (error) => console.log(error.message))
    const clock = systemClock()
    clock.schedule(1, () => { throw new Error('thrown') })
    clock.schedule(1, () => console.log('ran'))
    clock.schedule(100_000, () => console.log('never'))
    const alive = setInterval(() => {}, 1_000)
    clock.schedule(5, () => clearInterval(alive))`
  const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    timeout: 20_000
  })
  expect(stdout.trim().split('\n')).toEqual(['thrown', 'ran'])
})

test('the heap gives tasks in order, whatever was removed in between', () => {
  let random = 7
  const next = (below: number): number => {
    random = (random * 48_271) % 2_147_483_647
    return random % below
  }
  for (let round = 0; round < 200; round++) {
    const heap = new DueHeap()
    const tasks: DueTask[] = Array.from({ length: 1 + next(60) }, (_, number) => ({
      dueMs: next(20),
      number,
      run: () => {},
      index: -1
    }))
    for (const task of tasks) heap.add(task)
    const removed = new Set(tasks.filter(() => next(3) === 0))
    for (const task of removed) heap.remove(task)
    const given: DueTask[] = []
    for (let task = heap.first; task; task = heap.first) {
      given.push(task)
      heap.remove(task)
    }
    const due = tasks.filter((task) => !removed.has(task))
    expect(given).toEqual(due.toSorted((a, b) => a.dueMs - b.dueMs || a.number - b.number))
  }
})
