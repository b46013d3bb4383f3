import {
  type BinaryCloudEvent,
  binaryCloudEventOf,
  cloudEventReferenceOf,
  type HeardRow,
  isCloudEventReference,
  type LogRow,
  rowId,
  rowOfBinaryCloudEvent
} from '../../ports/index.ts'
import type { NatsHeaders, NatsMessage } from './connection.ts'

/** A message that is ready to be sent, and how large it is with its headers. */
export interface OutMessage {
  readonly subject: string
  readonly headers: NatsHeaders
  readonly data: string
  readonly bytes: number
}

const attributePrefix = 'ce-'
// The version line and the empty line at the end; a colon, a space and a line end for each header.
const headersBytes = 12
const headerBytes = 4

/** By which bus a message was sent: each passes over its own. */
export const senderHeader = 'Skerry-Bus'
// By this header the server recognises a message that was sent twice.
const messageIdHeader = 'Nats-Msg-Id'

/** Where the rows of a service are published; of all its partitions without a number. */
export function subjectOf(first: string, service: string, partition: number | '*' = '*'): string {
  return `${first}.${service}.${partition}`
}

/** What is the same in all messages of a bus, and how large one may be. */
export interface MessageForm {
  readonly prefix: string
  /** Marks what the bus has sent. */
  readonly sender: string
  readonly headers: (values: Record<string, string[]>) => NatsHeaders
  readonly maxBytes: number
}

function messageOf(row: LogRow, event: BinaryCloudEvent, form: MessageForm): OutMessage {
  const data = event.data ?? ''
  const values: Record<string, string[]> = {}
  let bytes = headersBytes + Buffer.byteLength(data)
  const put = (name: string, value: string): void => {
    values[name] = [value]
    bytes += name.length + value.length + headerBytes
  }
  put(messageIdHeader, rowId(row))
  put(senderHeader, form.sender)
  for (const [name, value] of event.attributes) put(`${attributePrefix}${name}`, value)
  const subject = subjectOf(form.prefix, row.service, row.partition)
  return { subject, headers: form.headers(values), data, bytes }
}

/** The message of a row, by reference when it would be too large. */
export function messageOfRow(row: LogRow, form: MessageForm): OutMessage {
  const whole = messageOf(row, binaryCloudEventOf(row), form)
  return whole.bytes <= form.maxBytes ? whole : messageOf(row, cloudEventReferenceOf(row), form)
}

function dataOf(message: NatsMessage): string | undefined {
  if (message.data.byteLength === 0) return undefined
  return new TextDecoder('utf-8', { fatal: true }).decode(message.data)
}

/** The row of a message at the subject of a service, or what is wrong with it in words. */
export function rowOfMessage(
  message: NatsMessage,
  service: string,
  from: HeardRow['from']
): HeardRow | string {
  const attributes = new Map<string, string>()
  for (const [name, values] of message.headers ?? []) {
    const lower = name.toLowerCase()
    if (lower.startsWith(attributePrefix))
      attributes.set(lower.slice(attributePrefix.length), values[0] ?? '')
  }
  if (attributes.size === 0) return 'it has no headers of a CloudEvent'
  let event: BinaryCloudEvent
  try {
    event = { attributes, data: dataOf(message) }
  } catch {
    return 'its data is not UTF-8'
  }
  const row = rowOfBinaryCloudEvent(event)
  if ('problem' in row) return `${row.attribute || 'it'} ${row.problem}`
  if (row.service !== service || !message.subject.endsWith(`.${service}.${row.partition}`))
    return 'its id does not belong to its subject'
  return { row, reference: isCloudEventReference(event), from }
}
