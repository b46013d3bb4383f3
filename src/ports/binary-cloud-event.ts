import { type CloudEventProblem, cloudEventOf, rowOfCloudEvent } from './cloud-event.ts'
import type { LogRow } from './log-row.ts'

/**
 * A CloudEvent in binary mode: each attribute is one header of the message, the data is its body. A broker's binding
 * puts its own prefix before the names (`ce-` at NATS, `ce_` at Kafka), and says how text is written in the values.
 */
export interface BinaryCloudEvent {
  readonly attributes: ReadonlyMap<string, string>
  /** JSON; undefined where there is none, as in an event that refers to its row. */
  readonly data: string | undefined
}

/** How the values of headers are written: as printable ASCII, percent-encoded, or as the text that they are. */
export type AttributeEncoding = 'percent' | 'utf-8'

// What the HTTP binding leaves as it is: printable ASCII without the space, the quotation mark and the per cent sign.
const plain = /^[!#$&-~]*$/
const awkward = /[^!#$&-~]/gu
const loneSurrogate = /\p{Surrogate}/gu
const integers = new Set(['dataversion', 'unitsequence'])

function encoded(text: string, encoding: AttributeEncoding): string {
  if (plain.test(text)) return text
  const whole = text.replace(loneSurrogate, '\ufffd')
  return encoding === 'percent' ? whole.replace(awkward, encodeURIComponent) : whole
}

function attributesOf(row: LogRow, encoding: AttributeEncoding): Map<string, string> {
  const { data: _, ...attributes } = cloudEventOf(row)
  const pairs = Object.entries(attributes)
  return new Map(pairs.map(([name, value]) => [name, encoded(String(value), encoding)] as const))
}

/** The event of a log row with its data. */
export function binaryCloudEventOf(row: LogRow, encoding: AttributeEncoding = 'percent'): BinaryCloudEvent {
  return { attributes: attributesOf(row, encoding), data: JSON.stringify(row.data) }
}

/**
 * The event of a row that is too large for a broker: without data, and with `dataref`, the address of the row in the
 * publisher's feed, relative to its gateway.
 */
export function cloudEventReferenceOf(
  row: LogRow,
  encoding: AttributeEncoding = 'percent'
): BinaryCloudEvent {
  const { service, partition, position } = row
  const attributes = attributesOf(row, encoding)
  attributes.set('dataref', `/${service}/feed/${partition}?after=${position - 1}&limit=1`)
  return { attributes, data: undefined }
}

/** Whether an event says where its data is in place of having it. */
export function isCloudEventReference(event: BinaryCloudEvent): boolean {
  return event.data === undefined && event.attributes.has('dataref')
}

function attributeOf(name: string, text: string, encoding: AttributeEncoding): unknown {
  if (integers.has(name) && /^\d{1,16}$/.test(text)) return Number(text)
  return encoding === 'percent' && text.includes('%') ? decodeURIComponent(text) : text
}

/**
 * The log row of an event in binary mode, or the first thing that is wrong with it. That of an event that refers to
 * its row has no data. Names of attributes are lower case.
 */
export function rowOfBinaryCloudEvent(
  event: BinaryCloudEvent,
  encoding: AttributeEncoding = 'percent'
): LogRow | CloudEventProblem {
  const attributes: Record<string, unknown> = Object.create(null)
  for (const [name, text] of event.attributes) {
    try {
      attributes[name] = attributeOf(name, text, encoding)
    } catch {
      return { attribute: name, problem: 'is not percent-encoded UTF-8' }
    }
  }
  if (attributes['datacontenttype'] !== 'application/json')
    return { attribute: 'datacontenttype', problem: "is not 'application/json'" }
  try {
    attributes['data'] = event.data === undefined ? undefined : JSON.parse(event.data)
  } catch {
    return { attribute: 'data', problem: 'is not JSON' }
  }
  return rowOfCloudEvent(attributes)
}
