import { expect, test } from 'vitest'
import { type Batch, emptyBatch, type NewLogRow } from '../../src/ports/index.ts'
import { Disk } from '../../src/simulator/disk.ts'
import { FoundProblem } from '../../src/simulator/finding.ts'
import { invariant, runTrial, simulate } from '../../src/simulator/index.ts'
import { checkCommit } from '../../src/simulator/oracles.ts'
import bankSimulation from './bank-simulation.ts'

test('what must always hold is found by the commit that breaks it, though it holds again later', async () => {
  let checks = 0
  const nearly = invariant('all but once', () => ++checks !== 20, { when: 'always' })
  const broken = { ...bankSimulation, invariants: [nearly] }
  const { finding } = await runTrial(broken, { seed: 3, kind: 'chaos' })
  expect(checks).toBe(20)
  expect(finding?.oracle).toBe('all but once')
})

/** What a check of these batches, one after the other, finds. */
function foundIn(batches: readonly Partial<Batch>[], nowMs: number): string | undefined {
  const disk = new Disk('bank', 1)
  const evidence = { timersFired: new Map<string, number>(), sequences: new Map<string, number>() }
  try {
    for (const batch of batches) checkCommit(disk, { ...emptyBatch, ...batch }, committed, nowMs, evidence)
    return undefined
  } catch (thrown) {
    return thrown instanceof FoundProblem ? thrown.finding.oracle : String(thrown)
  }
}

const committed = { positions: [], parkedNumbers: [] }
const firedAt10 = {
  unit: 'desk',
  key: 'k',
  name: 'patience',
  dueMs: 'cancel',
  firedMs: 10,
  correlationId: 'c',
  traceparent: 't'
} as const
const said = (sequence: number): NewLogRow => ({
  partition: 0,
  kind: 'event',
  type: 'Said',
  version: 1,
  unit: 'desk',
  key: 'k',
  sequence,
  previous: 0,
  timeMs: 0,
  correlationId: 'c',
  causationId: 'c',
  traceparent: 't',
  data: {}
})

test('a timer that fires early, or twice, is found; one that fires in time is not', () => {
  expect(foundIn([{ timers: [firedAt10] }], 10)).toBeUndefined()
  expect(foundIn([{ timers: [firedAt10] }], 9)).toBe('timers-never-early')
  expect(foundIn([{ timers: [firedAt10] }, { timers: [firedAt10] }], 10)).toBe('timers-fire-once')
})

test('a number of a key that is left out or comes twice is found', () => {
  expect(foundIn([{ log: [said(1)] }, { log: [said(2)] }], 0)).toBeUndefined()
  expect(foundIn([{ log: [said(1)] }, { log: [said(3)] }], 0)).toBe('order-per-key')
  expect(foundIn([{ log: [said(1)] }, { log: [said(1)] }], 0)).toBe('order-per-key')
})

test.each([6, 21, 26])(
  'a timer whose turn began before the clock jumped back did not fire early: seed %i',
  async (seed) => {
    const rates = { 'clock-jump': 0.3, 'slow-disk': 0.5 }
    const { finding, fired } = await simulate(bankSimulation, { seed, rates })
    expect(fired.filter(({ kind }) => kind === 'clock-jump').length).toBeGreaterThan(5)
    expect(finding).toBeUndefined()
  }
)
