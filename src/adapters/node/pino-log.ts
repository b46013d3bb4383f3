import { type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino'
import type { Log, LogFields } from '../../ports/index.ts'
import { LineWriter } from './line-writer.ts'
import { prettyLine } from './pretty-line.ts'

/** How the log is written. */
export interface PinoLogOptions {
  /** The least severe lines that are written. */
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Where whole lines go; default standard error, so that standard output stays free for answers. */
  readonly destination?: { write(line: string): void }
  /** Lines for people in place of JSON. */
  readonly pretty?: boolean
}

const standardErrorFile = 2
let standardError: LineWriter | undefined

// One for the process: two would write into each other's lines.
function standardErrorWriter(): LineWriter {
  standardError ??= new LineWriter(standardErrorFile)
  return standardError
}

// Fields that every line has by itself; others of that name get another one.
const ownNames = ['time', 'level', 'msg']

function withoutOwnNames(fields: LogFields): LogFields {
  if (!ownNames.some((name) => name in fields)) return fields
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [ownNames.includes(name) ? `${name}_` : name, value])
  )
}

/**
 * Structured log lines by pino: one JSON object a line with `time` in RFC 3339, `level` in words and `msg`; the
 * fields `error` and `cause` with their stacks. Lines are handed over at once and written in the background; those
 * that wait are written when the process ends by itself. What cannot be written or put into JSON is dropped.
 */
export function pinoLog(options: PinoLogOptions): Log {
  const target = options.destination ?? standardErrorWriter()
  const logger: Logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err, cause: stdSerializers.err }
    },
    options.pretty ? { write: (line) => target.write(prettyLine(line)) } : target
  )
  const write = (level: 'debug' | 'info' | 'warn' | 'error', text: string, fields: LogFields = {}): void => {
    try {
      logger[level](withoutOwnNames(fields), text)
    } catch {
      // A line that cannot be written must not harm the work it tells of.
    }
  }
  return {
    debug: (text, fields) => write('debug', text, fields),
    info: (text, fields) => write('info', text, fields),
    warn: (text, fields) => write('warn', text, fields),
    error: (text, fields) => write('error', text, fields)
  }
}
