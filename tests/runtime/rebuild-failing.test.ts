import { expect, test } from 'vitest'
import type { SystemDefinition } from '../../src/index.ts'
import { counter } from './counter.ts'
import { stage } from './stage.ts'

test('a rebuild whose fold fails does not take the place of rows that are right', async () => {
  let broken = false
  const system = counter({
    fold: (amount) => {
      if (broken && amount === 3) throw new Error('An old event that the fold cannot read.')
    }
  })
  const on = await stage(system, { limits: { attemptsMax: 1, retryBaseMs: 1, retryMaxMs: 1 } })
  for (let amount = 1; amount <= 5; amount++) await on.accepted('count', 'Add', 'k', { by: amount })
  await on.settled()
  const before = await on.service('watch').rowsHash('totals')
  expect(before.rows).toBe(1)
  broken = true
  await on.service('watch').rebuild('totals')
  await on.until('the rebuild has an end', async () => {
    const [status] = (await on.service('watch').status()).rebuilds
    return status?.state !== 'running'
  })
  const [status] = (await on.service('watch').status()).rebuilds
  expect(status).toMatchObject({ state: 'failed', generation: 2 })
  expect(status?.failure).toContain('generation 1 goes on serving')
  expect(await on.service('watch').rowsHash('totals')).toEqual(before)
})

/** The same with one more projection before the other, equal to it. */
function withEarlier(system: SystemDefinition): SystemDefinition {
  const watch = system.services.get('watch') ?? expect.unreachable()
  const earlier = [...watch.units.values()].map((unit) => ({ ...unit, name: 'earlier' }))
  const units = new Map([...earlier, ...watch.units.values()].map((unit) => [unit.name, unit]))
  return { ...system, services: new Map([...system.services, ['watch', { ...watch, units }]]) }
}

test('rebuilds that go on after a crash try again what they had set aside', async () => {
  let broken = false
  const system = counter({
    fold: (amount) => {
      if (broken && amount === 3) throw new Error('An old event that the fold cannot read yet.')
    }
  })
  const limits = { attemptsMax: 1_000, retryBaseMs: 1, retryMaxMs: 1 }
  const on = await stage(withEarlier(system), { limits })
  for (let amount = 1; amount <= 5; amount++) await on.accepted('count', 'Add', 'k', { by: amount })
  await on.settled()
  const before = await on.service('watch').rowsHash('totals')
  broken = true
  for (const projection of ['earlier', 'totals']) await on.service('watch').rebuild(projection)
  const aside = async (): Promise<readonly string[]> =>
    (await on.service('watch').status()).parked.map(({ subscription }) => subscription)
  await on.until('both have set something aside', async () => new Set(await aside()).size === 2)
  broken = false
  await on.crash()
  await on.until('both have an end', async () => {
    const { rebuilds } = await on.service('watch').status()
    return rebuilds.every(({ state }) => state !== 'running')
  })
  const done = { state: 'done', generation: 2 }
  expect((await on.service('watch').status()).rebuilds).toMatchObject([done, done])
  expect(await aside()).toEqual([])
  expect(await on.service('watch').rowsHash('totals')).toEqual(before)
})
