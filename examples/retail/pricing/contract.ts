import { contract } from 'skerry'
import { z } from 'zod'

export const pricing = contract('pricing')

const tier = z.enum(['standard', 'bronze', 'silver', 'gold'])
const pence = z.int().min(0)

/**
 * What a product costs, by stock code: `pence` for each tier of customers, in whole pence, and what led to it.
 * The customer's tier is the row of `discount`; a customer without a row is `standard`.
 */
export const Price = pricing.query(
  'price',
  z.object({
    stockCode: z.string(),
    name: z.string(),
    /** False until the product is listed, and when it is withdrawn; then it has no price. */
    offered: z.boolean(),
    listPence: pence,
    views: z.int(),
    unitsShipped: z.int(),
    unitsReturned: z.int(),
    available: z.int(),
    /** Returned of shipped units, in per cent, rounded down; more than 100 when what came back was sold before. */
    returnRatePercent: z.int(),
    pence: z.object({ standard: pence, bronze: pence, silver: pence, gold: pence }).nullable(),
    /** Why the standard price is not the list price, in words and in tenths of a per cent. */
    adjustments: z.array(z.object({ reason: z.string(), perMille: z.int() }))
  })
)

/** What a customer has earned, by customer id. */
export const Discount = pricing.query(
  'discount',
  z.object({
    customerId: z.string(),
    billedPence: z.int(),
    refundedPence: z.int(),
    tier,
    percentOff: z.int(),
    /** What is still missing for the next tier; 0 in the highest. */
    missingPence: z.int()
  })
)
