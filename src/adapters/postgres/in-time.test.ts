import { expect, test } from 'vitest'
import { Overdue, Wait } from './in-time.ts'

const timers = (): number => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length

test('what ends in time gives its result, and what does not is overdue', async () => {
  expect(await new Wait(60_000).of(async () => 'here')).toBe('here')
  await expect(new Wait(1).of(() => new Promise(() => undefined))).rejects.toBeInstanceOf(Overdue)
})

test('a wait may be hurried, and says why it ended', async () => {
  const wait = new Wait(60_000)
  const waiting = wait.of(() => new Promise(() => undefined))
  wait.hurry(1, () => new Error('the line is dead'))
  await expect(waiting).rejects.toThrow('the line is dead')
})

test('a wait that is over keeps no timer, also when its task threw at once or it is hurried later', async () => {
  const before = timers()
  const wait = new Wait(60_000)
  expect(timers()).toBe(before + 1)
  const thrown = wait.of(() => {
    throw new Error('at once')
  })
  await expect(thrown).rejects.toThrow('at once')
  wait.hurry(60_000, () => new Error('too late'))
  expect(timers()).toBe(before)
})
