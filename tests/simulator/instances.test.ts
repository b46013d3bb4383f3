import { expect, test } from 'vitest'
import { lifeOf } from '../../src/simulator/simulate.ts'
import { SimulatedWorld } from '../../src/simulator/simulated-world.ts'
import type { WorldOptions } from '../../src/simulator/world-options.ts'
import simulation from './bank-simulation.ts'

/** What worlds in which several nodes run each service have seen. */
async function worlds(
  seeds: readonly number[],
  instances: number,
  rates?: WorldOptions['rates']
): Promise<{
  readonly commands: number
  readonly crashes: number
  readonly taken: number
  readonly refused: number
}> {
  const seen = { commands: 0, crashes: 0, taken: 0, refused: 0 }
  for (const seed of seeds) {
    const options = { seed, instances, ...(rates ? { rates } : {}) }
    const world = new SimulatedWorld(simulation, options)
    const { finding, tally } = await lifeOf(world, options)
    expect(finding, `seed ${seed} with ${instances} instances`).toBeUndefined()
    seen.commands += tally.sent
    for (const { starts } of world.nodes) seen.crashes += starts - 1
    for (const { leases } of world.disks.values()) {
      seen.taken += leases.taken
      seen.refused += leases.refused
    }
  }
  return seen
}

const seedsFrom = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + index)

test('I7 I12 I16: with two nodes for each service, whatever happens to them, everything holds that holds with one', async () => {
  const seen = await worlds([13, 351, 419, 847, ...seedsFrom(1_000, 40)], 2)
  expect(seen.commands).toBeGreaterThan(800)
  expect(seen.crashes).toBeGreaterThan(40)
  expect(seen.taken).toBeGreaterThan(42 * 7)
}, 120_000)

test('I18: nodes that stand still for longer than their leases last cannot commit what they were about to', async () => {
  const seen = await worlds(seedsFrom(3_000, 25), 2, { pause: 0.15, 'slow-disk': 0.1 })
  expect(seen.taken).toBeGreaterThan(25 * 9)
  expect(seen.refused).toBeGreaterThan(5)
}, 120_000)

test('three nodes for each service share what there is to do', async () => {
  const seen = await worlds([368, ...seedsFrom(2_000, 15)], 3)
  expect(seen.commands).toBeGreaterThan(300)
  expect(seen.taken).toBeGreaterThan(15 * 7)
}, 120_000)

test('the same seed goes the same way, to the last happening', async () => {
  const [one, other] = await Promise.all(
    [1, 2].map(async () => {
      const options = { seed: 7, instances: 3 }
      return lifeOf(new SimulatedWorld(simulation, options), options)
    })
  )
  expect(one?.happened).toBeGreaterThan(1_000)
  expect(other?.traceHash).toBe(one?.traceHash)
})
