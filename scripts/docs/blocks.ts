/** One fenced block of a Markdown file. Lines count from 1. */
export interface Block {
  /** The line of the opening fence. */
  readonly line: number
  /** The line of the closing fence. */
  readonly endLine: number
  readonly language: string
  readonly content: string
  /** What the HTML comment on the line above names: `path#region`, or a path. Undefined when there is none. */
  readonly origin: string | undefined
}

const opening = /^\s*(?<fence>`{3,}|~{3,})\s*(?<language>[^\s`]*)/
const comment = /^\s*<!--\s*(?<origin>\S+)\s*-->\s*$/

/** The fenced blocks of a Markdown text, in order. A block that is never closed ends with the file. */
export const blocksOf = (markdown: string): Block[] => {
  const lines = markdown.split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const found = opening.exec(lines[at] ?? '')?.groups
    if (found === undefined) continue
    const { fence = '```', language = '' } = found
    let end = at + 1
    while (end < lines.length && (lines[end] ?? '').trim() !== fence) end += 1
    const content = lines.slice(at + 1, end).join('\n')
    const origin = comment.exec(lines[at - 1] ?? '')?.groups?.origin
    blocks.push({ line: at + 1, endLine: end + 1, language, content, origin })
    at = end
  }
  return blocks
}

/** A Markdown text outside of its fenced blocks; inside them the lines are empty, so that line numbers stay. */
export const proseOf = (markdown: string): string => {
  const lines = markdown.split('\n')
  for (const { line, endLine } of blocksOf(markdown)) lines.fill('', line - 1, endLine)
  return lines.join('\n')
}
