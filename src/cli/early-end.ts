import { Failure, type FailureCode, failures } from '../core/index.ts'

interface LogLine {
  readonly level: string
  readonly msg: string
  readonly error?: { readonly message?: unknown }
}

function logLine(line: string): LogLine | undefined {
  try {
    const fields = JSON.parse(line) as Partial<LogLine> | null
    return typeof fields?.level === 'string' && typeof fields.msg === 'string'
      ? (fields as LogLine)
      : undefined
  } catch {
    return undefined
  }
}

/** What it wrote for people; of one that wrote nothing for them, the errors of its log. */
function saidBy(lines: readonly string[]): readonly string[] {
  const said = lines.filter((line) => logLine(line) === undefined)
  if (said.length > 0) return said
  return lines.flatMap((line) => {
    const { level, msg, error } = logLine(line) ?? {}
    if (level !== 'error' || msg === undefined) return []
    return [typeof error?.message === 'string' ? `${msg}: ${error.message}` : msg]
  })
}

/**
 * The failure of a process that ended before it ran, from the lines that it wrote: of its own code, in its own words,
 * with its name. What is no failure of `skerry` is shown as it stands.
 */
export function earlyEnd(name: string, lines: readonly string[]): Failure {
  const said = saidBy(lines)
  const head = 'skerry: '
  const at = said.findIndex((line) => line.startsWith(head))
  const sentence = said[at]?.slice(head.length) ?? ''
  const codes = Object.keys(failures) as FailureCode[]
  const code = codes.find((each) => sentence.startsWith(failures[each].text))
  if (code === undefined) {
    const shown = said.map((line) => `\n  ${line}`).join('')
    return new Failure('CONFIG_INVALID', { hint: `${name} does not start:${shown || ' it says nothing.'}` })
  }
  const more = said.slice(at + 1).map((line) => `\n${line}`)
  const reason = sentence.slice(failures[code].text.length)
  return new Failure(code, { hint: `${name} does not start.${reason}${more.join('')}` })
}
