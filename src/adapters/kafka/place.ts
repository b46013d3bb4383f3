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

const latest = -1n
const newTopic = 0n

async function endsOf({ admin }: KafkaBusSettings, topic: string, count: number): Promise<bigint[]> {
  const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
    partitionIndex,
    timestamp: latest
  }))
  const ends: bigint[] = []
  const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
  for (const { partitionIndex, offset } of listed?.partitions ?? []) ends[partitionIndex] = offset
  if (ends.filter((end) => end >= 0n).length < count) throw new Error('A partition has no end.')
  return ends
}

/**
 * Finds where the rows of a service are now. Reading goes on where it has stopped, or at the beginning of a topic that
 * has taken the place of the former; at the end when nothing was read before, or where that is not there any more, or
 * where so much was missed that the feed is the quicker way. The answers are those of the moment: another request may
 * show that a leader has changed meanwhile.
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
  const ends = await endsOf(settings, topic, leaders.length)
  const next = ends.map((end, partition) => {
    const known = before?.topicId === found.id ? before.next[partition] : before && newTopic
    return known === undefined || known > end || end - known > settings.replayMaxRows ? end : known
  })
  return { topicId: found.id, leaders, next, missedUntil: ends }
}
