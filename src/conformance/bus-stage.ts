import { Failure } from '../core/index.ts'
import type { Bus, BusGuarantees, Clock, Feed, LogRow } from '../ports/index.ts'

/** Two ends of a bus under test. In a bus of one process both are the same. */
export interface BusStage {
  /** Where services are offered and their rows announced. */
  readonly publisher: Bus
  /** Where feeds are read and listened to. */
  readonly consumer: Bus
  /** Real time, for bounded waits. */
  readonly clock: Clock
  /** Closes both ends and all that stands between them. */
  close(): Promise<void>
}

/** How to bring up a bus for one case. */
export interface BusUnderTest {
  /** What the bus says of itself: a case about a guarantee it does not give is left out. */
  readonly guarantees: BusGuarantees
  /** Brings up both ends; the consumer knows the way to `services`, whose feeds the publisher will offer. */
  open(services: readonly string[]): Promise<BusStage>
}

const waitMaxMs = 10_000
const stepMs = 2

/** Resolves when `condition` holds; rejects with `what` when it does not within ten seconds. */
export async function until(clock: Clock, what: string, condition: () => boolean): Promise<void> {
  let late = false
  const cancel = clock.schedule(waitMaxMs, () => {
    late = true
  })
  try {
    while (!condition()) {
      if (late) throw new Error(`Waited in vain: ${what}`)
      await passed(clock, stepMs)
    }
  } finally {
    cancel()
  }
}

/** Announces one row after the other until `heard` holds: also a bus that loses rows carries some. */
export async function announceUntil(
  stage: BusStage,
  feed: StageFeed,
  heard: () => boolean,
  partition = 0
): Promise<void> {
  await until(stage.clock, 'a row that is announced is heard', () => {
    if (heard()) return true
    stage.publisher.announce(feed.service, feed.commit(partition))
    return false
  })
}

/** Resolves after that time. Only for what must not happen, which nothing announces. */
export function passed(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(ms, () => resolve())
  })
}

/** A log in memory, to be offered as a feed. */
export class StageFeed implements Feed {
  readonly service: string
  readonly #partitions: LogRow[][]

  constructor(service: string, partitions = 4) {
    this.service = service
    this.#partitions = Array.from({ length: partitions }, () => [])
  }

  /** Commits so many rows to a partition and returns them. */
  commit(partition: number, count = 1): readonly LogRow[] {
    const log = this.#partition(partition)
    const from = log.length
    for (let index = 0; index < count; index++) log.push(rowAt(this.service, partition, log.length + 1))
    return log.slice(from)
  }

  read(partition: number, after: number, limit: number): Promise<readonly LogRow[]> {
    return Promise.resolve(this.#partition(partition).slice(after, after + limit))
  }

  heads(): Promise<readonly number[]> {
    return Promise.resolve(this.#partitions.map((log) => log.length))
  }

  #partition(partition: number): LogRow[] {
    const log = this.#partitions[partition]
    if (log === undefined) throw new Failure('PARTITION_UNKNOWN', { partition })
    return log
  }
}

const kinds = ['event', 'command', 'refusal'] as const

// Rows of every kind, with what is optional and without, and with what is awkward to carry.
function rowAt(service: string, partition: number, position: number): LogRow {
  const kind = kinds[position % kinds.length] ?? 'event'
  const key = position % 5 === 0 ? `ключ "${position}" \\ 100 % / ?&=` : `key-${position % 7}`
  return {
    service,
    partition,
    position,
    kind,
    type: kind === 'command' ? 'MoorShip' : 'ShipMoored',
    version: 1 + (position % 3),
    unit: position % 11 === 0 ? 'tug' : 'berth',
    key,
    sequence: position % 11 === 0 ? 0 : position,
    previous: position - 1,
    timeMs: 1_767_225_600_000 + position,
    correlationId: `correlation-${position}`,
    causationId: `other:${partition}:${position}`,
    traceparent: `00-${String(position).padStart(32, 'a')}-${String(position).padStart(16, 'b')}-01`,
    ...(kind !== 'event' && {
      to: { service: 'pilot', key: `to-${position}`, ...(kind === 'refusal' && { unit: 'mooring' }) }
    }),
    ...(kind === 'command' && { replyTo: { service, unit: 'berth', key, step: 'moor' } }),
    data: {
      number: position,
      text: 'ß 漢字 \u2028 <&>',
      nested: [{ deep: { empty: {}, none: null } }],
      amount: -1.5e-7
    }
  }
}
