import type { Log } from '../../src/ports/index.ts'

/** One line that a bus has logged. */
export interface Line {
  readonly level: keyof Log
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log that keeps its lines. */
export function logTo(lines: Line[]): Log {
  const at =
    (level: keyof Log) =>
    (text: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      lines.push({ level, text, fields })
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
