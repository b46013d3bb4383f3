/** Fields of one log line; `service`, `messageId`, `correlationId`, `causationId` and `traceId` where they are known. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where structured log lines go. Calls return at once and never throw. */
export interface Log {
  debug(text: string, fields?: LogFields): void
  info(text: string, fields?: LogFields): void
  warn(text: string, fields?: LogFields): void
  error(text: string, fields?: LogFields): void
}
