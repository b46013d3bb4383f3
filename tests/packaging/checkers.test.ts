import { expect, test } from 'vitest'
import { steps } from '../../scripts/check/steps.ts'

test('there are checkers', () => {
  expect(steps.length).toBeGreaterThan(5)
})

test.each(steps)('$name has nothing to say', async (step) => {
  const { problems } = await step.run()
  expect(problems).toEqual([])
})
