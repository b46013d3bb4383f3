const lineLimit = 8
const valueLimit = 70

/** A value in one short line. */
export function inShort(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > valueLimit ? `${text.slice(0, valueLimit - 3)}...` : text
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function compare(expected: unknown, got: unknown, pointer: string, found: string[]): void {
  if (Object.is(expected, got)) return
  if (Array.isArray(expected) && Array.isArray(got)) {
    for (let index = 0; index < Math.max(expected.length, got.length); index++)
      compare(expected[index], got[index], `${pointer}/${index}`, found)
  } else if (isFields(expected) && isFields(got)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(got)])
    for (const name of names) compare(expected[name], got[name], `${pointer}/${name}`, found)
  } else found.push(`${pointer || '(all)'}: expected ${inShort(expected)}, got ${inShort(got)}`)
}

/** Every place where two plain values differ, one line each, the first few; empty when they are equal. */
export function difference(expected: unknown, got: unknown): readonly string[] {
  const found: string[] = []
  compare(expected, got, '', found)
  const more = found.length - lineLimit
  return more > 0 ? [...found.slice(0, lineLimit), `and ${more} more`] : found
}
