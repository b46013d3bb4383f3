/** What the formula knows of a product. Money in whole pence. */
export interface PriceFacts {
  readonly listPence: number
  /** How often it was looked at. */
  readonly views: number
  readonly unitsShipped: number
  readonly unitsReturned: number
  /** Units that can still be reserved. */
  readonly available: number
}

/** One reason why a price is not the list price; `perMille` of the list price, positive when it costs more. */
export interface Adjustment {
  readonly reason: string
  readonly perMille: number
}

/** Tiers of customers, and the price for each in pence. */
export type Tier = 'standard' | 'bronze' | 'silver' | 'gold'

interface TierRule {
  readonly tier: Tier
  /** What a customer must have paid, refunds taken off. */
  readonly fromPence: number
  readonly percentOff: number
}

/** The lowest tier first. */
export const tiers: readonly [TierRule, ...TierRule[]] = [
  { tier: 'standard', fromPence: 0, percentOff: 0 },
  { tier: 'bronze', fromPence: 50_000, percentOff: 2 },
  { tier: 'silver', fromPence: 200_000, percentOff: 5 },
  { tier: 'gold', fromPence: 1_000_000, percentOff: 10 }
]

/** Returned of shipped units in per cent, rounded down; 0 while nothing was shipped. */
export function returnRatePercent({ unitsShipped, unitsReturned }: PriceFacts): number {
  return unitsShipped === 0 ? 0 : Math.floor((unitsReturned * 100) / unitsShipped)
}

/**
 * Why the price for everybody differs from the list price:
 * - wanted: half a per cent more for every 100 views, 5 per cent at most;
 * - last pieces: 5 per cent more when 1 to 10 units are left of a product that sells;
 * - full shelves: 5 per cent less when more than 1,000 units are available;
 * - often sent back: 10 per cent less when at least 10 units were shipped and one in five came back.
 */
export function adjustmentsOf(facts: PriceFacts): Adjustment[] {
  const { views, unitsShipped, available } = facts
  const wanted = Math.min(Math.floor(views / 100) * 5, 50)
  const all: Adjustment[] = [
    { reason: 'wanted', perMille: wanted },
    { reason: 'last-pieces', perMille: unitsShipped > 0 && available >= 1 && available <= 10 ? 50 : 0 },
    { reason: 'full-shelves', perMille: available > 1_000 ? -50 : 0 },
    { reason: 'often-sent-back', perMille: unitsShipped >= 10 && returnRatePercent(facts) >= 20 ? -100 : 0 }
  ]
  return all.filter(({ perMille }) => perMille !== 0)
}

/** Parts of a whole number, rounded half up, in integers only. */
function share(pence: number, parts: number, whole: number): number {
  return Math.floor((pence * parts * 2 + whole) / (whole * 2))
}

/**
 * What a product costs in each tier, in whole pence: the list price with all adjustments, rounded half up, and from
 * that the tier's discount, rounded half up again. What has a list price never costs less than a penny.
 */
export function pricesOf(facts: PriceFacts): Record<Tier, number> {
  const perMille = adjustmentsOf(facts).reduce((sum, adjustment) => sum + adjustment.perMille, 1_000)
  const lowest = facts.listPence > 0 ? 1 : 0
  const standard = Math.max(lowest, share(facts.listPence, perMille, 1_000))
  const inTier = (percentOff: number): number => Math.max(lowest, share(standard, 100 - percentOff, 100))
  return Object.fromEntries(tiers.map(({ tier, percentOff }) => [tier, inTier(percentOff)])) as Record<
    Tier,
    number
  >
}

/** The tier that a customer has earned by what they paid, and what is missing for the next one (0 in the highest). */
export function tierOf(paidPence: number): { tier: Tier; percentOff: number; missingPence: number } {
  const earned = tiers.findLast(({ fromPence }) => paidPence >= fromPence) ?? tiers[0]
  const next = tiers[tiers.indexOf(earned) + 1]
  const missingPence = next === undefined ? 0 : next.fromPence - paidPence
  return { tier: earned.tier, percentOff: earned.percentOff, missingPence }
}
