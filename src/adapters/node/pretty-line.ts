// What has a place of its own in the line.
const placed = new Set(['time', 'level', 'msg', 'error', 'cause'])

function valueText(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) || value === '' ? JSON.stringify(value) : value
  return JSON.stringify(value) ?? 'undefined'
}

function indented(error: unknown): string {
  const { stack, message } = (error ?? {}) as { stack?: unknown; message?: unknown }
  const text = typeof stack === 'string' ? stack : typeof message === 'string' ? message : valueText(error)
  return text.replaceAll(/^/gm, '    ')
}

/**
 * One line of JSON from the log as a line for people: time of day, level, text, then the fields; an error's stack
 * below it. Without colours. What is no JSON object comes back as it is.
 */
export function prettyLine(line: string): string {
  let fields: Readonly<Record<string, unknown>>
  try {
    fields = JSON.parse(line)
  } catch {
    return line
  }
  if (typeof fields !== 'object' || fields === null) return line
  const time = String(fields['time'] ?? '').slice(11, 23)
  const head = `${time} ${String(fields['level'] ?? '').padEnd(5)} ${String(fields['msg'] ?? '')}`
  const rest = Object.entries(fields)
    .filter(([name]) => !placed.has(name))
    .map(([name, value]) => ` ${name}=${valueText(value)}`)
    .join('')
  const errors = [fields['error'], fields['cause']].filter((error) => error !== undefined)
  return `${[head + rest, ...errors.map(indented)].join('\n')}\n`
}
