/** Where a command or a refusal goes. */
export interface Address {
  readonly service: string
  /** The machine or process manager; the receiving service finds the machine of a command by its type. */
  readonly unit?: string
  readonly key: string
}

/** Who wants to hear when a command is refused. */
export interface ReplyTo extends Address {
  readonly unit: string
  readonly step: string
}

/** A position that is known, or that of another row of the same batch, by its index in the batch. */
export type BatchPosition = number | { readonly row: number }

/** One row of a log before its partition has given it a position. */
export interface NewLogRow {
  /** That of the key, by `partitionOf`, wherever a state follows it: a key's history is in one partition. */
  readonly partition: number
  readonly kind: 'event' | 'command' | 'refusal'
  readonly type: string
  readonly version: number
  /** The machine, process manager or actor that said it, and for which key. */
  readonly unit: string
  readonly key: string
  /** 1, 2, 3 ... within unit and key; 0 for an actor, which remembers nothing. */
  readonly sequence: number
  /** The position of the row with the sequence before this one; 0 when it is the first. */
  readonly previous: BatchPosition
  readonly timeMs: number
  readonly correlationId: string
  readonly causationId: string
  /** W3C Trace Context. */
  readonly traceparent: string
  readonly to?: Address
  readonly replyTo?: ReplyTo
  readonly data: unknown
}

/** One row of a log. Its id for ever is `service:partition:position`. */
export interface LogRow extends NewLogRow {
  readonly previous: number
  readonly service: string
  readonly position: number
}

/** The id of a log row. */
export function rowId(row: {
  readonly service: string
  readonly partition: number
  readonly position: number
}): string {
  return `${row.service}:${row.partition}:${row.position}`
}

/** What tells a row from another one at the same position of a log that was put back. */
export type RowSign = Pick<LogRow, 'timeMs' | 'correlationId' | 'type' | 'key'>

/** The sign of a row, which holds on to nothing else of it. */
export function rowSign({ timeMs, correlationId, type, key }: RowSign): RowSign {
  return { timeMs, correlationId, type, key }
}

/** Whether a row is the one that a sign was taken of. */
export function hasSign(row: RowSign, sign: RowSign): boolean {
  const { timeMs, correlationId, type, key } = sign
  return row.timeMs === timeMs && row.correlationId === correlationId && row.type === type && row.key === key
}
