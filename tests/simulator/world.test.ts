import { expect, test } from 'vitest'
import { eternal, type Life, World } from '../../src/simulator/world.ts'

const life = (): Life => ({ alive: true, pausedUntilMs: 0 })
const forever = (): boolean => false

/** A world that notes what happens in it. */
function noted(): {
  readonly world: World
  readonly notes: string[]
  at(ms: number, what: string, of?: Life): void
} {
  const world = new World()
  const notes: string[] = []
  return {
    world,
    notes,
    at: (ms, what, of = eternal) => world.after(ms, of, what, () => notes.push(`${what} at ${world.nowMs}`))
  }
}

test('things happen in the order of their times, and at one time in the order in which they were scheduled', async () => {
  const { world, notes, at } = noted()
  at(5, 'late')
  at(1, 'first')
  at(1, 'second')
  await world.run(10, forever)
  expect(notes).toEqual(['first at 1', 'second at 1', 'late at 5'])
  expect([world.happened, world.nowMs]).toEqual([3, 10])
})

test('every promise that can go on has done so before the next thing happens', async () => {
  const { world, notes, at } = noted()
  world.after(1, eternal, 'begins', () => {
    void (async () => {
      for (let step = 0; step < 50; step++) await undefined
      notes.push('fifty awaits')
    })()
  })
  at(1, 'next')
  await world.run(10, forever)
  expect(notes).toEqual(['fifty awaits', 'next at 1'])
})

test('promises set off before a world runs go on first, wherever it is run from', async () => {
  const hashes: string[] = []
  const runOnce = async (): Promise<void> => {
    const { world, at } = noted()
    void Promise.resolve().then(() => Promise.resolve().then(() => at(1, 'set off before')))
    at(2, 'later')
    await world.run(10, forever)
    hashes.push(world.traceHash)
  }
  await runOnce()
  await new Promise<void>((resolve) => process.nextTick(() => void runOnce().then(resolve)))
  await new Promise<void>((resolve) => setImmediate(() => void runOnce().then(resolve)))
  expect(hashes).toHaveLength(3)
  expect(new Set(hashes).size).toBe(1)
})

test('nothing of a life happens after its end, and while it is paused what is due waits', async () => {
  const { world, notes, at } = noted()
  const [ended, paused] = [life(), life()]
  at(2, 'of the ended', ended)
  at(2, 'of the paused', paused)
  world.after(1, eternal, 'fault', () => {
    ended.alive = false
    paused.pausedUntilMs = 7
  })
  await world.run(10, forever)
  expect(notes).toEqual(['of the paused at 7'])
})

test('what is called off does not happen', async () => {
  const { world, notes } = noted()
  const cancel = world.after(1, eternal, 'called off', () => notes.push('it happened'))
  cancel()
  cancel()
  await world.run(10, forever)
  expect([notes, world.happened]).toEqual([[], 0])
})

test('what a promise of the world throws comes to whoever waits; what the world was told to fail with ends it', async () => {
  const { world, at, notes } = noted()
  const late = world.later(1, eternal, 'throws', () => {
    throw new Error('broken')
  })
  const seen = late.catch((thrown: unknown) => String(thrown))
  world.after(2, eternal, 'found', () => world.fail(new Error('found')))
  at(3, 'never')
  await expect(world.run(10, forever)).rejects.toThrow('found')
  expect(await seen).toBe('Error: broken')
  expect(notes).toEqual([])
})

test('another order or another happening gives another trace', async () => {
  const traceOf = async (labels: readonly string[]): Promise<string> => {
    const { world, at } = noted()
    for (const label of labels) at(1, label)
    await world.run(10, forever)
    return world.traceHash
  }
  const hashes = await Promise.all(
    [
      ['a', 'b'],
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'b', 'c']
    ].map(traceOf)
  )
  expect(hashes[0]).toBe(hashes[1])
  expect(new Set(hashes).size).toBe(3)
})
