import {
  type LogNeeds,
  type LogRange,
  type LogRow,
  logLine,
  type RangeCopy,
  type Retention,
  type Store
} from '../ports/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { batchOf, rowOf, type StoreData, StoreStage } from './store-stage.ts'

/** Gives the SHA-256 of a text in UTF-8, in hexadecimal digits. */
export type TextHash = (text: string) => string

/** Nobody is known to need the log but who says so. */
export const noNeeds: LogNeeds = { machines: new Map(), readers: [] }

/** A case fills ranges one row of each partition at a time, so it wants them short. */
const rangeSpanMax = 1_000
const rowsAtOnce = 25

/** What can be done about old ranges of a store that keeps its log in them. */
export function retentionOf({ retention }: Store): Retention {
  claim(retention, 'the store archives nothing')
  return retention
}

/** The rows of a range, by partition and position. */
export async function rowsOf(
  store: Store,
  { first, last }: { readonly first: number; readonly last: number }
): Promise<readonly LogRow[]> {
  const rows: LogRow[] = []
  for (let partition = 0; partition < store.partitions; partition++)
    for (let after = first - 1; after < last; ) {
      const page = await store.read(partition, after, last - after)
      claim(page.length > 0, `a row at ${after + 1} of partition ${partition}`)
      rows.push(...page)
      after += page.length
    }
  return rows
}

/** The oldest range that is kept. */
export async function oldestOf(store: Store): Promise<LogRange> {
  const [oldest] = await retentionOf(store).ranges()
  claim(oldest, 'a range is kept')
  return oldest
}

/** What `archive` is told of the oldest range, and its rows. */
export async function copyOfOldest(
  store: Store,
  sha256: TextHash
): Promise<{ readonly copy: RangeCopy; readonly kept: readonly LogRow[] }> {
  const { first, last } = await oldestOf(store)
  const kept = await rowsOf(store, { first, last })
  const hash = sha256(kept.map((row) => `${logLine(row)}\n`).join(''))
  return { copy: { first, last, rows: kept.length, hash }, kept }
}

/** These rows, as a range is put back. */
export function given(rows: readonly LogRow[]): () => AsyncIterable<LogRow> {
  return async function* () {
    yield* rows
  }
}

/** What a case works on: a store that keeps its log in ranges of few positions. */
export class RetentionStage extends StoreStage {
  readonly #sha256: TextHash

  constructor(data: StoreData, sha256: TextHash) {
    super('harbour', 4, data)
    this.#sha256 = sha256
  }

  get retention(): Retention {
    return retentionOf(this.store)
  }

  /** Says as much in each partition as it lacks up to a position of it. */
  async fillTo(positions: readonly number[]): Promise<void> {
    const missing = (await this.store.heads()).flatMap((head, partition) =>
      Array.from({ length: Math.max(0, (positions[partition] ?? 0) - head) }, (_, index) =>
        rowOf(`ship-${index}`, { partition, data: { said: head + index } })
      )
    )
    for (let at = 0; at < missing.length; at += rowsAtOnce)
      await this.store.commit(batchOf({ log: missing.slice(at, at + rowsAtOnce) }))
  }

  /** The same position of each partition. */
  all(position: number): readonly number[] {
    return Array<number>(this.partitions).fill(position)
  }

  /** Says so much that the oldest ranges are full, and nothing behind them; gives them. */
  async fill(count: number): Promise<readonly LogRange[]> {
    for (let at = 0; at < count; at++) {
      let range = (await this.retention.ranges())[at]
      // A store may make a range when it has something for it.
      if (!range) await this.fillTo((await this.store.heads()).map((head) => head + 1))
      range ??= (await this.retention.ranges())[at]
      claim(range, `there is a range ${at + 1} to say something in`)
      const { first, last } = range
      claim(last - first < rangeSpanMax, `the opener gives ranges of few positions, not ${first} to ${last}`)
      await this.fillTo(this.all(last))
    }
    return (await this.retention.ranges()).slice(0, count)
  }

  /** Lets the service itself, and others by name, be at the heads. */
  async allAtHeads(...names: readonly string[]): Promise<void> {
    for (const name of [this.service, ...names]) await this.acknowledge(name, await this.store.heads())
  }

  async acknowledge(subscriber: string, positions: readonly number[]): Promise<void> {
    claim(this.store.acknowledge, 'who archives is told how far subscribers are')
    await this.store.acknowledge(subscriber, positions)
  }

  copyOfOldest(): ReturnType<typeof copyOfOldest> {
    return copyOfOldest(this.store, this.#sha256)
  }

  /** Archives the oldest range and gives its rows. */
  async archiveOldest(needs: LogNeeds = noNeeds): Promise<readonly LogRow[]> {
    const { copy, kept } = await this.copyOfOldest()
    await this.retention.archive(copy, needs, 'ada')
    return kept
  }

  /** Claims that a task fails with `LOG_KEPT`, and that everything is as it was. */
  async claimKept(what: string, task: () => Promise<unknown>): Promise<void> {
    const before = await this.#everything()
    await claimFails('LOG_KEPT', what, task)
    claimEqual(await this.#everything(), before, `${what}, afterwards`)
  }

  /** Claims that the oldest range cannot be archived, since somebody or something of that name needs it. */
  async claimHeld(name: string, what: string, needs: LogNeeds = noNeeds): Promise<void> {
    const { copy } = await this.copyOfOldest()
    const [held, ...others] = await this.retention.held(1, needs)
    claim(held && others.length === 0, `${what}: the oldest range is held`)
    claimEqual([held.first, held.last], [copy.first, copy.last], `${what}: the range that is held`)
    claim(
      held.reasons.some((reason) => reason.includes(name)),
      `${what}: ${name} is named in ${JSON.stringify(held.reasons)}`
    )
    await this.claimKept(what, () => this.retention.archive(copy, needs, 'ada'))
  }

  /** Claims that the oldest range can be archived, and does it. */
  async claimLeaves(what: string, needs: LogNeeds = noNeeds): Promise<void> {
    const { last } = await oldestOf(this.store)
    claimEqual(await this.retention.held(1, needs), [], `${what}: what is held`)
    await this.archiveOldest(needs)
    claimEqual(await this.store.firstPosition?.(), last + 1, `${what}: the first position`)
  }

  async #everything(): Promise<unknown> {
    const { store, retention } = this
    const all = (await retention.ranges()).map(({ bytes: _, ...range }) => range)
    // Empty ones may be made at any time, for what comes.
    const ranges = all.filter(({ rows }) => rows > 0)
    const kept = ranges.flatMap(({ first, last, closed }) => (closed ? [rowsOf(store, { first, last })] : []))
    return {
      ranges,
      rows: (await Promise.all(kept)).flat().map(logLine),
      first: await store.firstPosition?.(),
      archived: await retention.archived(),
      subscribers: await retention.subscribers(),
      audit: await store.audit(100)
    }
  }
}

/** A named case on an open store with nothing in it. */
export type RetentionCase = readonly [name: string, run: (stage: RetentionStage) => Promise<void>]
