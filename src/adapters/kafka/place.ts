import type { KafkaBusSettings } from './options.ts'

/** Where the rows of a service are, and up to where they have been read. */
export interface Place {
  readonly topicId: string
  /** The broker that leads each partition. */
  readonly leaders: readonly number[]
  /** The offset of the next message of each partition. */
  readonly next: bigint[]
  /** Before this offset is what was said while nobody read. */
  readonly missedUntil: readonly bigint[]
}

// What the protocol calls the end and the beginning of a partition.
const latest = -1n
const earliest = -2n

async function offsetsOf(
  { admin }: KafkaBusSettings,
  topic: string,
  count: number,
  timestamp: bigint
): Promise<bigint[]> {
  const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp }))
  const offsets: bigint[] = []
  const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
  for (const { partitionIndex, offset } of listed?.partitions ?? []) offsets[partitionIndex] = offset
  if (offsets.filter((offset) => offset >= 0n).length < count) throw new Error('A partition has no offsets.')
  return offsets
}

/**
 * Finds where the rows of a service are now. Reading goes on where it has stopped, or at the beginning where that is not
 * kept any more or another topic has taken the place of the former; at the end when nothing was read before, or the
 * topic has not come so far, or so much was missed that the feed is the quicker way.
 */
export async function findPlace(
  settings: KafkaBusSettings,
  topic: string,
  before: Place | undefined
): Promise<Place> {
  const { topics } = await settings.admin.metadata({ topics: [topic], forceUpdate: true })
  const found = topics.get(topic)
  if (!found) throw new Error(`Unknown topic ${topic}.`)
  const leaders = found.partitions.map(({ leader }) => leader)
  if (leaders.length === 0 || leaders.some((leader) => leader < 0))
    throw new Error(`A partition of ${topic} has no leader.`)
  const starts = before ? await offsetsOf(settings, topic, leaders.length, earliest) : []
  const ends = await offsetsOf(settings, topic, leaders.length, latest)
  const next = ends.map((end, partition) => {
    const start = starts[partition] ?? end
    const known = before?.topicId === found.id ? (before.next[partition] ?? start) : start
    const from = known < start ? start : known
    return from > end || end - from > settings.replayMaxRows ? end : from
  })
  return { topicId: found.id, leaders, next, missedUntil: ends }
}
