import {
  type BinaryCloudEvent,
  binaryCloudEventOf,
  cloudEventReferenceOf,
  isCloudEventReference,
  type LogRow,
  rowId,
  rowOfBinaryCloudEvent
} from '../../ports/index.ts'
import type { NatsHeaders, NatsMessage } from './connection.ts'

/** A row that came by a message, or was announced in this process; that of a reference has no data. */
export interface HeardRow {
  readonly row: LogRow
  readonly reference: boolean
  readonly from: 'broker' | 'stream' | 'here'
}

/** A message that is ready to be sent, and how large it is with its headers. */
export interface OutMessage {
  readonly subject: string
  readonly headers: NatsHeaders
  readonly data: string
  readonly bytes: number
}

const prefix = 'ce-'
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

function messageOf(event: BinaryCloudEvent, subject: string, headers: NatsHeaders): OutMessage {
  const data = event.data ?? ''
  let bytes = headersBytes + Buffer.byteLength(data)
  for (const [name, value] of event.attributes) headers.set(`${prefix}${name}`, value)
  for (const name of headers.keys()) bytes += name.length + headers.get(name).length + headerBytes
  return { subject, headers, data, bytes }
}

/** The message of a row, by reference when it would be larger than `maxBytes`. */
export function messageOfRow(
  row: LogRow,
  first: string,
  sender: string,
  newHeaders: () => NatsHeaders,
  maxBytes: number
): OutMessage {
  const subject = subjectOf(first, row.service, row.partition)
  const headers = (): NatsHeaders => {
    const made = newHeaders()
    made.set(messageIdHeader, rowId(row))
    made.set(senderHeader, sender)
    return made
  }
  const whole = messageOf(binaryCloudEventOf(row), subject, headers())
  return whole.bytes <= maxBytes ? whole : messageOf(cloudEventReferenceOf(row), subject, headers())
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
  for (const name of message.headers?.keys() ?? []) {
    const lower = name.toLowerCase()
    if (lower.startsWith(prefix)) attributes.set(lower.slice(prefix.length), message.headers?.get(name) ?? '')
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
