import { expect, test } from 'vitest'
import { boardService } from '../../examples/guide/bad-days/board-mended.ts'
import { fleetService } from '../../examples/guide/bad-days/fleet.ts'
import { partsService } from '../../examples/guide/bad-days/parts-mended.ts'
import { repairsService } from '../../examples/guide/bad-days/repairs.ts'
import simulation from '../../examples/guide/bad-days/simulation.ts'
import skerryConfig from '../../examples/guide/bad-days/skerry.config.ts'
import { system } from '../../src/index.ts'
import { runTrial, type Simulation, type TrialKind } from '../../src/simulator/index.ts'

/** The system of the guide once both of its bugs are mended. */
const mended: typeof simulation = {
  ...simulation,
  system: (orders) => {
    const supplier = {
      order: async (part: string, key: string) => {
        orders[key] = part
      }
    }
    return system('hire', [fleetService, repairsService, boardService, partsService(supplier)])
  }
}

const bugs = [
  ['rebuilt-equals-live', 'chaos', skerryConfig],
  ['no-hidden-inputs', 'twice', simulation]
] as const

test.each(bugs)('the guide has a bug that is found as %s', async (oracle, kind, buggy) => {
  const found: (string | undefined)[] = []
  for (let seed = 1; seed <= 20; seed++) {
    // Each is a simulation of its own outside world, which nothing here looks at.
    const { finding } = await runTrial(buggy as Simulation, { seed, kind })
    found.push(finding?.oracle)
  }
  expect(found).toContain(oracle)
  expect(new Set(found)).toEqual(new Set(found.includes(undefined) ? [oracle, undefined] : [oracle]))
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
