import { assert } from '../core/index.ts'
import { type Address, type LogRow, type ReplyTo, rowId } from './log-row.ts'
import { isRfc3339Time, msOfRfc3339, rfc3339Of } from './rfc3339.ts'

/** The media type of a feed page: a JSON array of CloudEvents. */
export const cloudEventsBatchType = 'application/cloudevents-batch+json'

/**
 * A log row as CloudEvents 1.0 in JSON has it. `source` and `id` together are unique for ever; `id` is
 * `service:partition:position`. `sequence` is the position within the partition, padded with zeros to 16 digits so
 * that it sorts as text; `partitionkey` and `subject` are the key of the entity. Numbers that may pass 32 bits are
 * text, because an Integer of CloudEvents has no more. What is empty is left out.
 */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  readonly subject: string
  readonly datacontenttype: 'application/json'
  readonly dataversion: number
  readonly sequence: string
  readonly partitionkey: string
  readonly correlationid?: string
  readonly causationid?: string
  readonly traceparent?: string
  /** `event`, `command` or `refusal`. */
  readonly kind: LogRow['kind']
  /** Who said it, the how manieth of this unit and key it is, and the position of the one before. */
  readonly unit: string
  readonly unitsequence?: number
  readonly unitprevious?: string
  /** Where a command or a refusal goes. */
  readonly toservice?: string
  readonly tounit?: string
  readonly tokey?: string
  /** Who hears when the command is refused. */
  readonly replyservice?: string
  readonly replyunit?: string
  readonly replykey?: string
  readonly replystep?: string
  readonly data: unknown
}

/** What is wrong with something that should be a CloudEvent of a feed, and at which attribute. */
export interface CloudEventProblem {
  readonly attribute: string
  readonly problem: string
}

const sequenceDigits = 16

/** The CloudEvent of a log row. */
export function cloudEventOf(row: LogRow): CloudEvent {
  assert(isRfc3339Time(row.timeMs), 'the time of a row is within the years 1970 to 9999')
  const { to, replyTo } = row
  return {
    specversion: '1.0',
    id: rowId(row),
    source: `/${row.service}`,
    type: row.type,
    time: rfc3339Of(row.timeMs),
    subject: row.key,
    datacontenttype: 'application/json',
    dataversion: row.version,
    sequence: String(row.position).padStart(sequenceDigits, '0'),
    partitionkey: row.key,
    ...(row.correlationId && { correlationid: row.correlationId }),
    ...(row.causationId && { causationid: row.causationId }),
    ...(row.traceparent && { traceparent: row.traceparent }),
    kind: row.kind,
    unit: row.unit,
    ...(row.sequence > 0 && { unitsequence: row.sequence }),
    ...(row.previous > 0 && { unitprevious: String(row.previous) }),
    ...(to && { toservice: to.service, ...(to.unit !== undefined && { tounit: to.unit }), tokey: to.key }),
    ...(replyTo && {
      replyservice: replyTo.service,
      replyunit: replyTo.unit,
      replykey: replyTo.key,
      replystep: replyTo.step
    }),
    data: row.data
  }
}

type Attributes = Readonly<Record<string, unknown>>
/** Collects the first problem; what it returns then is of the right type but of no use. */
class Reader {
  readonly #attributes: Attributes
  problem: CloudEventProblem | undefined

  constructor(attributes: Attributes) {
    this.#attributes = attributes
  }

  refuse(attribute: string, problem: string): void {
    this.problem ??= { attribute, problem }
  }

  has(attribute: string): boolean {
    const value = this.#attributes[attribute]
    return value !== undefined && value !== null
  }

  text(attribute: string): string {
    const value = this.#attributes[attribute]
    if (typeof value === 'string' && value !== '') return value
    this.refuse(attribute, value === undefined ? 'is missing' : 'is not a text')
    return ''
  }

  textOrEmpty(attribute: string): string {
    return this.has(attribute) ? this.text(attribute) : ''
  }

  count(attribute: string, least: number): number {
    const value = this.#attributes[attribute]
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
    this.refuse(attribute, value === undefined ? 'is missing' : `is not a whole number from ${least} up`)
    return least
  }

  digits(attribute: string, text: string, least: number): number {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(value) && value >= least) return value
    this.refuse(attribute, `has no whole number from ${least} up in it`)
    return least
  }
}

function kindOf(reader: Reader): LogRow['kind'] {
  const kind = reader.text('kind')
  if (kind === 'event' || kind === 'command' || kind === 'refusal') return kind
  reader.refuse('kind', "is not 'event', 'command' or 'refusal'")
  return 'event'
}

function timeOf(reader: Reader): number {
  const timeMs = msOfRfc3339(reader.text('time'))
  if (timeMs !== undefined) return timeMs
  reader.refuse('time', 'is not a time of RFC 3339')
  return 0
}

function addressOf(reader: Reader): Address {
  const service = reader.text('toservice')
  const key = reader.text('tokey')
  return reader.has('tounit') ? { service, unit: reader.text('tounit'), key } : { service, key }
}

function replyToOf(reader: Reader): ReplyTo {
  return {
    service: reader.text('replyservice'),
    unit: reader.text('replyunit'),
    key: reader.text('replykey'),
    step: reader.text('replystep')
  }
}

/**
 * The log row of a CloudEvent, or the first thing that is wrong with it. Attributes that are not known are passed
 * over; the row is equal to the one the event was made of, its data being what JSON keeps of it.
 */
export function rowOfCloudEvent(value: unknown): LogRow | CloudEventProblem {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { attribute: '', problem: 'is not a JSON object' }
  const attributes = value as Attributes
  const reader = new Reader(attributes)
  if (attributes['specversion'] !== '1.0') reader.refuse('specversion', "is not '1.0'")
  const [service = '', partition = '', position = '', ...rest] = reader.text('id').split(':')
  if (rest.length > 0 || service === '') reader.refuse('id', 'is not service:partition:position')
  if (reader.text('source') !== `/${service}`) reader.refuse('source', `is not '/${service}' as the id says`)
  const positionNumber = reader.digits('id', position, 1)
  if (reader.digits('sequence', reader.text('sequence'), 1) !== positionNumber)
    reader.refuse('sequence', 'is not the position that the id says')
  const row: LogRow = {
    service,
    partition: reader.digits('id', partition, 0),
    position: positionNumber,
    kind: kindOf(reader),
    type: reader.text('type'),
    version: reader.count('dataversion', 1),
    unit: reader.text('unit'),
    key: reader.text('subject'),
    sequence: reader.has('unitsequence') ? reader.count('unitsequence', 1) : 0,
    previous: reader.has('unitprevious') ? reader.digits('unitprevious', reader.text('unitprevious'), 1) : 0,
    timeMs: timeOf(reader),
    correlationId: reader.textOrEmpty('correlationid'),
    causationId: reader.textOrEmpty('causationid'),
    traceparent: reader.textOrEmpty('traceparent'),
    ...(reader.has('toservice') && { to: addressOf(reader) }),
    ...(reader.has('replyservice') && { replyTo: replyToOf(reader) }),
    data: attributes['data']
  }
  return reader.problem ?? row
}
