/** How a column stands. */
export type Alignment = 'left' | 'right'

/** Shortens a text to so many characters; what was cut is shown by an ellipsis. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`
}

/** Columns as wide as their widest cell, two spaces apart; the last is cut where the line would get too long. */
export function table(
  rows: readonly (readonly string[])[],
  columns: number,
  alignments: readonly Alignment[] = []
): string[] {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    })
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      if (alignments[column] === 'right') return cell.padStart(width)
      return column === row.length - 1 ? cell : cell.padEnd(width)
    })
    return shortened(cells.join('  ').trimEnd(), columns)
  })
}

/** Names and values below each other. */
export function labelled(pairs: readonly (readonly [label: string, value: string])[]): string[] {
  const width = Math.max(0, ...pairs.map(([label]) => label.length))
  return pairs.map(([label, value]) => `${label.padEnd(width)}  ${value}`)
}

/** `1 message`, `2 messages`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`
}

const units: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's']
]

/** How long ago it was, in one unit: `12 s`, `3 h`. */
export function age(timeMs: number, nowMs: number = Date.now()): string {
  const seconds = Math.max(0, Math.floor((nowMs - timeMs) / 1_000))
  const [size, unit] = units.find(([least]) => seconds >= least) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${unit}`
}
