import { expect, test } from 'vitest'
import { boardService } from '../../examples/guide/bad-days/board-mended.ts'
import { fleetService } from '../../examples/guide/bad-days/fleet.ts'
import { partsService } from '../../examples/guide/bad-days/parts-mended.ts'
import { repairsService } from '../../examples/guide/bad-days/repairs.ts'
import simulation from '../../examples/guide/bad-days/simulation.ts'
import skerryConfig from '../../examples/guide/bad-days/skerry.config.ts'
import { system } from '../../src/index.ts'
import { runTrial, type TrialKind } from '../../src/simulator/index.ts'

/** The system of the guide once both of its bugs are mended. */
const mended: typeof simulation = {
  ...simulation,
  system: (orders) => {
    const supplier = { order: async (part: string, key: string) => void orders.set(key, part) }
    return system('hire', [fleetService, repairsService, boardService, partsService(supplier)])
  }
}

const bugs: readonly (readonly [oracle: string, found: () => ReturnType<typeof runTrial>])[] = [
  ['rebuilt-equals-live', () => runTrial(skerryConfig, { seed: 8, kind: 'chaos' })],
  ['no-hidden-inputs', () => runTrial(simulation, { seed: 1, kind: 'twice' })]
]

test.each(bugs)('the guide has a bug that is found as %s', async (oracle, found) => {
  expect((await found()).finding?.oracle).toBe(oracle)
})

// 456: a node that waited for an effect while it stopped was asked how far it was, and its silence was taken for a bug.
const seeds: readonly (readonly [seed: number, kind: TrialKind])[] = [
  [1, 'twice'],
  [8, 'chaos'],
  [456, 'chaos']
]

test.each(seeds)('when they are mended, seed %i breaks nothing by %s', async (seed, kind) => {
  const { finding, worlds } = await runTrial(mended, { seed, kind })
  expect(worlds.reduce((sum, { decided }) => sum + decided, 0)).toBeGreaterThan(10)
  expect(finding).toBeUndefined()
})
