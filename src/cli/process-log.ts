import type { Writable } from 'node:stream'
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
 * Brings the lines of several processes into one log, each with the name of its process: before the text for people, who
 * read it on `terminal`, in colour where that wants it; as a field for programs. A line that is no line of a log is kept
 * as text.
 */
export function processLog(
  log: Log,
  names: readonly string[],
  terminal: Writable | undefined
): (name: string, line: string) => void {
  const width = Math.max(...names.map((name) => name.length))
  const heads = new Map(
    terminal &&
      names.map((name, index) => {
        const paint = paints[index % paints.length] ?? 'cyan'
        return [name, styleText(paint, name.padEnd(width), { stream: terminal })]
      })
  )
  return (name, line) => {
    const { time: _time, level, msg, ...rest } = fieldsOf(line) ?? { msg: line }
    const text = String(msg ?? '')
    const known = levels.find((one) => one === level) ?? 'info'
    const fields: LogFields = terminal ? rest : { process: name, ...rest }
    log[known](terminal ? `${heads.get(name)} ${text}` : text, fields)
  }
}
