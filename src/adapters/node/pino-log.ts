import {
  type DestinationStream,
  destination,
  type Logger,
  pino,
  stdSerializers,
  stdTimeFunctions
} from 'pino'
import type { Log, LogFields } from '../../ports/index.ts'

/** How the log is written. */
export interface PinoLogOptions {
  /** The least severe lines that are written. */
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Where lines go; default standard error, so that standard output stays free for answers. */
  readonly destination?: { write(line: string): void }
}

/** Structured log lines by pino: one JSON object a line, with `time` in RFC 3339 and `level` in words. */
export function pinoLog(options: PinoLogOptions): Log {
  const target: DestinationStream = options.destination ?? destination({ dest: 2, sync: false })
  const logger: Logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err, cause: stdSerializers.err }
    },
    target
  )
  const write = (level: 'debug' | 'info' | 'warn' | 'error', text: string, fields: LogFields = {}): void => {
    try {
      logger[level](fields, text)
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
