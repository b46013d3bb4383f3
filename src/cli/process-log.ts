import { styleText } from 'node:util'
import type { Log, LogFields } from '../ports/index.ts'

const paints = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red'] as const
const levels = ['debug', 'info', 'warn', 'error'] as const

function fieldsOf(line: string): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(line)
    return typeof fields === 'object' && fields !== null ? { ...fields } : undefined
  } catch {
    return undefined
  }
}

/**
 * Brings the lines of several processes into one log, each with the name of its process: in colour before the text for
 * people, as a field for programs. A line that is no line of a log is kept as text.
 */
export function processLog(
  log: Log,
  names: readonly string[],
  isForPeople: boolean
): (name: string, line: string) => void {
  const width = Math.max(...names.map((name) => name.length))
  const heads = new Map(
    names.map((name, index) => [name, styleText(paints[index % paints.length] ?? 'cyan', name.padEnd(width))])
  )
  return (name, line) => {
    const { time: _time, level, msg, ...rest } = fieldsOf(line) ?? { msg: line }
    const text = String(msg ?? '')
    const known = levels.find((one) => one === level) ?? 'info'
    const fields: LogFields = isForPeople ? rest : { process: name, ...rest }
    log[known](isForPeople ? `${heads.get(name)} ${text}` : text, fields)
  }
}
