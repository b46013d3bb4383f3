/** Units of one product. */
export type Item = { stockCode: string; quantity: number }

/** The same units with each stock code once, in the order in which the codes first come. */
export function merged(items: readonly Item[]): Item[] {
  const quantities = new Map<string, number>()
  for (const { stockCode, quantity } of items) {
    quantities.set(stockCode, (quantities.get(stockCode) ?? 0) + quantity)
  }
  return [...quantities].map(([stockCode, quantity]) => ({ stockCode, quantity }))
}

/** How many units the items are together. */
export function unitsOf(items: readonly Item[]): number {
  return items.reduce((units, { quantity }) => units + quantity, 0)
}
