/** How many customers share the orders. */
export const customerCount = 1_000

const keyDigits = 10

/** The key of an order: in the order of arrival, as order numbers and time-ordered ids are. */
export function orderKey(index: number): string {
  return `order-${String(index).padStart(keyDigits, '0')}`
}

/** The number of an order by its key. */
export function orderIndex(key: string): number {
  return Number(key.slice(-keyDigits))
}

export function customerId(index: number): string {
  return `customer-${index % customerCount}`
}

/** A line of an order. */
export interface OrderLine {
  readonly productId: string
  readonly quantity: number
  readonly pence: number
}

/** Two lines an order; what they cost differs from order to order. */
export function orderLines(index: number): readonly OrderLine[] {
  return [
    { productId: `product-${index % 2_246}`, quantity: 1 + (index % 7), pence: 99 + (index % 1_000) },
    { productId: `product-${(index * 7) % 2_246}`, quantity: 1 + (index % 3), pence: 250 }
  ]
}

/** What an order comes to, in pence. */
export function orderTotal(index: number): number {
  return orderLines(index).reduce((sum, { quantity, pence }) => sum + quantity * pence, 0)
}
