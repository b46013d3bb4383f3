import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { Campaign, type Outcome } from './campaign.ts'
import type { Fault } from './fault.ts'
import { faults } from './faults/index.ts'
import { failuresOf, jsonOf, percentile, textOf } from './report.ts'
import { faultsOfShapes, shapes } from './shapes/index.ts'
import { strikes, strikesOf } from './shapes/shape-faults.ts'

const fault: Fault = {
  name: 'rain',
  story: 'it rains',
  times: { quick: 1, long: 2 },
  missing: () => undefined,
  run: async () => undefined
}
const control: Fault = { ...fault, isControl: true }
const outcome: Outcome = {
  times: 4,
  fired: 4,
  acknowledged: 100,
  violations: [],
  lost: 0,
  recoveriesMs: [30, 10, 20],
  replayed: 7
}

test('a campaign has failed when a promise was broken, or when its fault has never happened', () => {
  expect(failuresOf(fault, outcome)).toEqual([])
  expect(failuresOf(fault, { ...outcome, violations: ['a penny is missing'] })).toEqual([
    'a penny is missing'
  ])
  expect(failuresOf(fault, { ...outcome, fired: 0 })).toEqual(['the fault has never fired'])
})

test('a control that has lost nothing has failed, and one that has lost something is in order', () => {
  expect(failuresOf(control, outcome).join()).toContain('lost nothing')
  expect(failuresOf(control, { ...outcome, lost: 1 })).toEqual([])
  expect(failuresOf(control, { ...outcome, lost: 1, fired: 0 })).toEqual(['the fault has never fired'])
})

test('a line for people and one for programs say the same', () => {
  const reported = { fault, verdict: 'ok', seconds: 1.25, outcome } as const
  expect(textOf(reported)).toMatch(/^rain +ok +4 +4 +100 +7 +0 +20 +30 +1\.3$/)
  const mixed = { ...reported, outcome: { ...outcome, slowestAfter: 'hail' } }
  expect(textOf(mixed)).toMatch(/ 30 +1\.3 +hail$/)
  expect(JSON.parse(jsonOf(mixed))).toMatchObject({ slowestAfter: 'hail' })
  expect(JSON.parse(jsonOf(reported))).toMatchObject({
    fault: 'rain',
    verdict: 'ok',
    fired: 4,
    recoveryMs: { p50: 20, p99: 30 }
  })
  const skipped = { fault, verdict: 'SKIPPED', seconds: 0, reason: 'there is no sky' } as const
  expect(textOf(skipped)).toMatch(/^rain +SKIPPED there is no sky$/)
  expect(percentile([], 50)).toBeUndefined()
})

test('a campaign tells what the longest recovery came after', () => {
  const campaign = new Campaign({ times: 3, untilMs: 0 })
  expect(campaign.outcome.slowestAfter).toBeUndefined()
  campaign.recovered(20, 'rain')
  campaign.recovered(30, 'hail')
  campaign.recovered(10, 'snow')
  expect(campaign.outcome).toMatchObject({ recoveriesMs: [20, 30, 10], slowestAfter: 'hail' })
})

test('a campaign repeats until its fault has fired as often as wanted, side by side, and not for ever', async () => {
  const run = async (firing: (number: number) => boolean): Promise<Outcome> => {
    const campaign = new Campaign({ times: 20, untilMs: Number.POSITIVE_INFINITY })
    await campaign.lanes(2, async (_, number) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (firing(number)) campaign.fired()
    })
    await campaign.grounds.clear()
    return campaign.outcome
  }
  expect(await run(() => true)).toMatchObject({ times: 20, fired: 20 })
  expect(await run((number) => number % 10 > 0)).toMatchObject({ times: 22, fired: 20 })
  expect(await run(() => false)).toMatchObject({ times: 30, fired: 0 })
})

test('what throws in a repetition is a violation, and the others go on', async () => {
  const campaign = new Campaign({ times: 3, untilMs: Number.POSITIVE_INFINITY })
  await campaign.lanes(1, async (_, number) => {
    campaign.fired()
    if (number === 2) throw new Error('the roof leaks')
  })
  await campaign.grounds.clear()
  expect(campaign.outcome.fired).toBe(3)
  expect(campaign.outcome.violations).toEqual([expect.stringContaining('the roof leaks')])
})

test('the guide tells of every fault', () => {
  const guide = readFileSync(join(root, 'docs', 'guide', 'chaos.md'), 'utf8')
  expect(faults.length).toBeGreaterThan(10)
  expect(strikes.length).toBeGreaterThan(10)
  const others = [...strikes.map(({ name }) => name), 'mixed', 'control-older-data']
  for (const name of [...faults.map((each) => each.name), ...others])
    expect(guide).toContain(`| \`${name}\` |`)
})

test('every shape has each fault that it can have, and a short run has some of them, mixed', () => {
  for (const shape of shapes) {
    const own = faultsOfShapes.filter((each) => each.shape === shape.name)
    const names = [...strikesOf(shape).map(({ name }) => name), 'mixed', 'control-older-data']
    expect(own.map(({ name }) => name)).toEqual(names.map((name) => `${shape.name}:${name}`))
    const quick = own.filter(({ times }) => times.quick > 0)
    expect(quick.map(({ name }) => name)).toEqual(shape.slow ? [] : [`${shape.name}:mixed`])
  }
})

test('faults of a server are those of the shapes that have it, and what a shape needs is named', () => {
  const kinds = shapes.map((shape) => {
    const has = (start: string): boolean => strikesOf(shape).some(({ name }) => name.startsWith(start))
    expect(['service-', 'line-'].every(has)).toBe(true)
    const own = faultsOfShapes.filter((each) => each.shape === shape.name)
    return [shape.name, has('db-'), has('broker-'), [...new Set(own.map(({ servers }) => servers?.join()))]]
  })
  expect(kinds).toEqual([
    ['files', false, false, ['']],
    ['postgres', true, false, ['postgres']],
    ['nats', true, true, ['postgres,nats']],
    ['kafka', true, true, ['postgres,kafka']],
    ['instances', true, true, ['postgres,nats']],
    ['instances-kafka', true, true, ['postgres,kafka']]
  ])
})
