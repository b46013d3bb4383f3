/** The value below which the share `part` of the values lies; NaN when there is none. */
export function quantile(values: Iterable<number>, part: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}

/** The middle of several runs; of two, the higher. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** A figure with so many digits behind the point. */
export function rounded(value: number, digits = 0): number {
  return Number(value.toFixed(digits))
}
