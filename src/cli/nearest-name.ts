function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}

/** The name that was most likely meant: one that begins so, or one that is at most two typing errors away. */
export function nearestName(typed: string, names: Iterable<string>): string | undefined {
  const errorsMost = typed.length > 4 ? 2 : 1
  const found = [...names]
    .map((name) => ({ name, errors: typed !== '' && name.startsWith(typed) ? 0 : distance(typed, name) }))
    .filter(({ errors }) => errors <= errorsMost)
    .sort((left, right) => left.errors - right.errors)
  return found[0]?.name
}
