import { expect, test } from 'vitest'
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
