import { expect, test } from 'vitest'
import { runTrial } from '../../src/simulator/index.ts'
import bankSimulation from './bank-simulation.ts'

/** Seeds of the bank that once broke a promise, and what it was. */
const seeds: readonly (readonly [seed: number, what: string])[] = [
  [445, 'an effect whose failure was recorded by a commit of unknown end was never tried again'],
  [106_172, 'what names a position of a log was compared between two orders'],
  [119_021, 'a retry waited for a day that a wrong clock had seen'],
  [156_167, 'a node was asked how far it is while it was stopped for its next version'],
  [1_047_619, 'a service that was found while others were being placed was not heard by the first of them'],
  [1_054_376, 'the same, after a roll-out']
]

test.each(seeds)('seed %i: %s; not any more', async (seed) => {
  const { finding, worlds } = await runTrial(bankSimulation, { seed })
  expect(worlds[0]?.decided).toBeGreaterThan(5)
  expect(finding).toBeUndefined()
})
