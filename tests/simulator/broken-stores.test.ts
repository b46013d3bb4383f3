import { expect, test } from 'vitest'
import { type Batch, emptyBatch } from '../../src/ports/index.ts'
import type { Disk } from '../../src/simulator/disk.ts'
import { lifeOf } from '../../src/simulator/simulate.ts'
import { SimulatedWorld } from '../../src/simulator/simulated-world.ts'
import bankSimulation from './bank-simulation.ts'

/** What a store may do wrong with a batch; undefined leaves it as it is. */
type Defect = (batch: Batch, disk: Disk) => Batch | undefined

/** Runs worlds of the bank on disks with a defect until something is found. */
async function foundWith(
  defect: Defect
): Promise<{ readonly oracle: string | undefined; readonly fired: number }> {
  let fired = 0
  for (let seed = 1; seed <= 20; seed++) {
    const options = { seed }
    const simulated = new SimulatedWorld(bankSimulation, options)
    for (const disk of simulated.disks.values()) {
      const apply = disk.apply.bind(disk)
      disk.apply = (batch) => {
        const wrong = defect(batch, disk)
        if (wrong) fired += 1
        const committed = apply(wrong ?? batch)
        // Whoever committed is told what it expects to hear.
        const positions = batch.log.map((_, index) => committed.positions[index] ?? 1)
        return { ...committed, positions }
      }
    }
    const { finding } = await lifeOf(simulated, options)
    if (finding) return { oracle: finding.oracle, fired }
  }
  return { oracle: undefined, fired }
}

test('on disks without a defect nothing is found', async () => {
  expect(await foundWith(() => undefined)).toEqual({ oracle: undefined, fired: 0 })
})

const nth = (each: number): (() => boolean) => {
  let count = 0
  return () => ++count % each === 0
}

const defects: readonly [what: string, make: () => Defect][] = [
  [
    'forgets a commit that it has acknowledged',
    () => {
      const now = nth(40)
      return ({ answers }) => (answers.length > 0 && now() ? emptyBatch : undefined)
    }
  ],
  [
    'forgets the events of a commit, but not its states',
    () => {
      const now = nth(30)
      return (batch) =>
        batch.log.length > 0 && batch.answers.length === 0 && now()
          ? { ...batch, log: [], states: batch.states.map((state) => ({ ...state, lastPosition: 1 })) }
          : undefined
    }
  ],
  [
    'forgets the rows of a projection, but not the checkpoint',
    () => {
      const now = nth(20)
      return (batch) => (batch.projections.length > 0 && now() ? { ...batch, projections: [] } : undefined)
    }
  ],
  [
    'lets a checkpoint stand where it was',
    () => {
      const now = nth(50)
      return (batch) => (batch.checkpoints.length > 0 && now() ? { ...batch, checkpoints: [] } : undefined)
    }
  ],
  [
    'loses a message that is set aside',
    () => {
      const now = nth(10)
      return (batch) => (batch.parked.length > 0 && now() ? { ...batch, parked: [] } : undefined)
    }
  ]
]

test.each(defects)('a store that %s is found', async (_, make) => {
  const { oracle, fired } = await foundWith(make())
  expect(fired).toBeGreaterThan(0)
  expect(oracle).toBeDefined()
})
