import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  adjustmentsOf,
  type PriceFacts,
  pricesOf,
  returnRatePercent,
  tierOf,
  tiers
} from './price-formula.ts'

const facts: PriceFacts = { listPence: 1000, views: 0, unitsShipped: 0, unitsReturned: 0, available: 100 }

test('a product nobody has looked at costs its list price, less the discount of the tier', () => {
  expect(adjustmentsOf(facts)).toEqual([])
  expect(pricesOf(facts)).toEqual({ standard: 1000, bronze: 980, silver: 950, gold: 900 })
})

test('views make a product dearer, by 5 per cent at most', () => {
  expect(pricesOf({ ...facts, views: 99 }).standard).toBe(1000)
  expect(pricesOf({ ...facts, views: 100 }).standard).toBe(1005)
  expect(pricesOf({ ...facts, views: 1_000_000 }).standard).toBe(1050)
})

test('the last pieces of what sells are dearer, and full shelves are cheaper', () => {
  expect(pricesOf({ ...facts, available: 10 }).standard).toBe(1000)
  expect(pricesOf({ ...facts, available: 10, unitsShipped: 1 }).standard).toBe(1050)
  expect(pricesOf({ ...facts, available: 0, unitsShipped: 1 }).standard).toBe(1000)
  expect(pricesOf({ ...facts, available: 1_000 }).standard).toBe(1000)
  expect(pricesOf({ ...facts, available: 1_001 }).standard).toBe(950)
})

test('what is often sent back is cheaper, once enough were shipped to know', () => {
  expect(pricesOf({ ...facts, unitsShipped: 9, unitsReturned: 9 }).standard).toBe(1000)
  expect(pricesOf({ ...facts, unitsShipped: 10, unitsReturned: 1 }).standard).toBe(1000)
  expect(pricesOf({ ...facts, unitsShipped: 10, unitsReturned: 2 }).standard).toBe(900)
  expect(returnRatePercent({ ...facts, unitsShipped: 3, unitsReturned: 1 })).toBe(33)
  expect(returnRatePercent({ ...facts, unitsShipped: 0, unitsReturned: 5 })).toBe(0)
})

test('adjustments add up before they are applied, and are named', () => {
  const all = { ...facts, views: 250, unitsShipped: 20, unitsReturned: 5, available: 3 }
  expect(adjustmentsOf(all)).toEqual([
    { reason: 'wanted', perMille: 10 },
    { reason: 'last-pieces', perMille: 50 },
    { reason: 'often-sent-back', perMille: -100 }
  ])
  expect(pricesOf(all).standard).toBe(960)
})

test('half a penny is rounded up, and nothing with a price becomes free', () => {
  expect(pricesOf({ ...facts, listPence: 50, available: 1_001 }).standard).toBe(48)
  expect(pricesOf({ ...facts, listPence: 1, unitsShipped: 10, unitsReturned: 10 })).toEqual({
    standard: 1,
    bronze: 1,
    silver: 1,
    gold: 1
  })
  expect(pricesOf({ ...facts, listPence: 0 }).standard).toBe(0)
})

test('every price is whole pence, within a fifth of the list price, and never higher in a better tier', () => {
  const count = fc.nat({ max: 5_000 })
  const any = fc.record({
    listPence: fc.nat({ max: 100_000_000 }),
    views: count,
    unitsShipped: count,
    unitsReturned: count,
    available: fc.integer({ min: -5_000, max: 5_000 })
  })
  fc.assert(
    fc.property(any, (some) => {
      const { standard, bronze, silver, gold } = pricesOf(some)
      for (const pence of [standard, bronze, silver, gold]) expect(Number.isSafeInteger(pence)).toBe(true)
      expect(standard).toBeGreaterThanOrEqual(Math.floor(some.listPence * 0.85))
      expect(standard).toBeLessThanOrEqual(Math.ceil(some.listPence * 1.1))
      expect(standard >= bronze && bronze >= silver && silver >= gold).toBe(true)
    })
  )
})

test('a customer rises with what they paid, and falls with what they get back', () => {
  expect(tiers.map(({ tier }) => tier)).toEqual(['standard', 'bronze', 'silver', 'gold'])
  expect(tierOf(0)).toEqual({ tier: 'standard', percentOff: 0, missingPence: 50_000 })
  expect(tierOf(49_999).tier).toBe('standard')
  expect(tierOf(50_000)).toEqual({ tier: 'bronze', percentOff: 2, missingPence: 150_000 })
  expect(tierOf(200_000).tier).toBe('silver')
  expect(tierOf(1_000_000)).toEqual({ tier: 'gold', percentOff: 10, missingPence: 0 })
  expect(tierOf(-500)).toEqual({ tier: 'standard', percentOff: 0, missingPence: 50_500 })
})
