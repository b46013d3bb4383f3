/** A marker of a region, in the comment form of TypeScript (`//`), of a shell (`#`) or of JSON with comments. */
const marker = /^\s*(?:\/\/|#)\s*#(?<kind>region|endregion)\b\s*(?<name>\S*)\s*$/

const dedent = (lines: readonly string[]): string => {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const least = Math.min(...indents, Number.MAX_SAFE_INTEGER)
  return lines
    .map((line) => line.slice(least))
    .join('\n')
    .replace(/^\n+|\s+$/g, '')
}

/**
 * The text between `// #region name` and its `// #endregion`, without indentation and without the markers of regions
 * inside; the whole text when no name is given. Undefined when there is no such region, or it has no end.
 */
export const regionOf = (text: string, name?: string): string | undefined => {
  const lines = text.split('\n')
  const kinds = lines.map((line) => marker.exec(line)?.groups)
  const inside = (line: number): boolean => kinds[line] === undefined
  if (name === undefined) return dedent(lines.filter((_, line) => inside(line)))
  const start = kinds.findIndex((mark) => mark?.kind === 'region' && mark.name === name)
  if (start < 0) return undefined
  let depth = 0
  for (let line = start; line < lines.length; line += 1) {
    if (kinds[line]?.kind === 'region') depth += 1
    if (kinds[line]?.kind === 'endregion') depth -= 1
    if (depth === 0) return dedent(lines.slice(start, line).filter((_, offset) => inside(start + offset)))
  }
  return undefined
}
