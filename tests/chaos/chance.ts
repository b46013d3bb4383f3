/** A whole number from `least` to `most`. Real processes are not repeatable, so neither is what is done to them. */
export function between(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1))
}

/** True in so many of a hundred cases. */
export function inPercent(percent: number): boolean {
  return Math.random() * 100 < percent
}

/** One of them. */
export function oneOf<Item>(items: readonly [Item, ...Item[]]): Item {
  return items[between(0, items.length - 1)] ?? items[0]
}
