import { customerId, orderTotal } from '../pipeline/workload.ts'

/** What a system says of itself at the end. */
export interface Numbers {
  /** Orders that the read model calls ready. */
  readonly ready: number
  /** Charges of different orders. */
  readonly charged: number
  readonly shipped: number
  readonly accounts: Iterable<readonly [customer: string, charges: number, pence: number]>
}

/** What differs from `count` orders of which each went through every step once, and was paid by who placed it. */
export function wrongNumbers(
  count: number,
  { ready, charged, shipped, accounts }: Numbers
): readonly string[] {
  const wanted = new Map<string, { readonly charges: number; readonly pence: number }>()
  for (let index = 0; index < count; index++) {
    const { charges = 0, pence = 0 } = wanted.get(customerId(index)) ?? {}
    wanted.set(customerId(index), { charges: charges + 1, pence: pence + orderTotal(index) })
  }
  const found = [...accounts]
  const wrong = found.filter(([customer, charges, pence]) => {
    const right = wanted.get(customer)
    return right?.charges !== charges || right.pence !== pence
  })
  return [
    ...Object.entries({ ready, charged, shipped }).flatMap(([what, number]) =>
      number === count ? [] : [`${number} orders are ${what}, not ${count}`]
    ),
    ...(found.length === wanted.size ? [] : [`${found.length} customers have accounts, not ${wanted.size}`]),
    ...(wrong.length === 0 ? [] : [`the money of ${wrong.length} customers is wrong`])
  ]
}
