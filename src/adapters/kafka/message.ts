import {
  type BinaryCloudEvent,
  binaryCloudEventOf,
  cloudEventReferenceOf,
  type HeardRow,
  isCloudEventReference,
  type LogRow,
  rowOfBinaryCloudEvent
} from '../../ports/index.ts'
import type { KafkaMessage, KafkaRecord } from './client.ts'

/** A message that is ready to be sent, and how large it is at most among others in its topic. */
export interface OutMessage {
  readonly message: KafkaMessage
  readonly bytes: number
  readonly reference: boolean
}

// What a record and each header take beside their bytes, and a batch beside its records; somewhat more than they do.
const recordBytes = 32
const headerBytes = 10
const batchBytes = 128

const attributePrefix = 'ce_'
const contentType = 'content-type'
const contentTypeName = Buffer.from(contentType)
const senderName = Buffer.from('skerry-bus')
// Names are few and the same in all messages.
const names = new Map<string, Buffer>()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function headerName(attribute: string): Buffer {
  const known = names.get(attribute)
  if (known) return known
  const made =
    attribute === 'datacontenttype' ? contentTypeName : Buffer.from(`${attributePrefix}${attribute}`)
  names.set(attribute, made)
  return made
}

function messageOf(row: LogRow, event: BinaryCloudEvent, topic: string, sender: Buffer): OutMessage {
  const key = Buffer.from(row.key)
  const value = event.data === undefined ? undefined : Buffer.from(event.data)
  const headers = new Map<Buffer, Buffer>([[senderName, sender]])
  let bytes =
    recordBytes + key.length + (value?.length ?? 0) + senderName.length + sender.length + headerBytes
  for (const [attribute, text] of event.attributes) {
    const [name, content] = [headerName(attribute), Buffer.from(text)]
    headers.set(name, content)
    bytes += name.length + content.length + headerBytes
  }
  const message = { topic, partition: row.partition, key, ...(value && { value }), headers }
  return { message, bytes, reference: value === undefined && row.data !== undefined }
}

/** What is the same in all messages of a service, and how large a batch of them may be. */
export interface MessageForm {
  readonly topic: string
  /** Marks what the bus has sent. */
  readonly sender: Buffer
  readonly maxBytes: number
}

/** The message of a row, by reference when it would be too large; undefined when that is too large as well. */
export function messageOfRow(row: LogRow, { topic, sender, maxBytes }: MessageForm): OutMessage | undefined {
  const most = maxBytes - batchBytes
  const whole = messageOf(row, binaryCloudEventOf(row, 'utf-8'), topic, sender)
  if (whole.bytes <= most) return whole
  const reference = messageOf(row, cloudEventReferenceOf(row, 'utf-8'), topic, sender)
  return reference.bytes <= most ? reference : undefined
}

/** Whether a message was sent by that bus. */
export function isSentBy(record: KafkaRecord, sender: Buffer): boolean {
  for (const [name, content] of record.headers)
    if (name?.equals(senderName)) return content?.equals(sender) === true
  return false
}

/** The row of a message in a partition of a service's topic, or what is wrong with it in words. */
export function rowOfRecord(
  record: KafkaRecord,
  service: string,
  partition: number,
  from: HeardRow['from']
): HeardRow | string {
  let event: BinaryCloudEvent
  try {
    const attributes = new Map<string, string>()
    for (const [nameBytes, content] of record.headers) {
      const name = decoder.decode(nameBytes ?? undefined)
      if (name === contentType) attributes.set('datacontenttype', decoder.decode(content ?? undefined))
      else if (name.startsWith(attributePrefix))
        attributes.set(name.slice(attributePrefix.length), decoder.decode(content ?? undefined))
    }
    event = { attributes, data: record.value === null ? undefined : decoder.decode(record.value) }
  } catch {
    return 'it is not UTF-8'
  }
  if (event.attributes.size === 0) return 'it has no headers of a CloudEvent'
  const row = rowOfBinaryCloudEvent(event, 'utf-8')
  if ('problem' in row) return `${row.attribute || 'it'} ${row.problem}`
  if (row.service !== service || row.partition !== partition) return 'its id does not belong to its partition'
  return { row, reference: isCloudEventReference(event), from }
}
