import { Failure } from '../../src/core/index.ts'
import { emptyBatch, type Retention, type Store } from '../../src/ports/index.ts'

/** What of a store is replaced, and what of its retention. */
export interface Spoilt {
  readonly store?: Partial<Store>
  readonly retention?: Partial<Retention>
}

/** How a store that breaks one promise differs from one that keeps it. */
export type RetentionDefect = (store: Store, retention: Retention) => Spoilt

type Archive = Retention['archive']

const acknowledge = async (store: Store, name: string, positions: readonly number[]): Promise<void> => {
  await store.acknowledge?.(name, positions)
}

/** An archiving before which something is done. */
const archiveAfter =
  (before: (store: Store, retention: Retention, ...call: Parameters<Archive>) => Promise<unknown>) =>
  (store: Store, retention: Retention): Spoilt => ({
    retention: {
      async archive(...call) {
        await before(store, retention, ...call)
        await retention.archive(...call)
      }
    }
  })

const saying = (change: (positions: readonly number[], heads: readonly number[]) => readonly number[]) =>
  ((store) => ({
    store: {
      acknowledge: async (name, positions) => acknowledge(store, name, change(positions, await store.heads()))
    }
  })) satisfies RetentionDefect

const quietly = async <Result>(task: Promise<Result>, instead: Result): Promise<Result> => {
  try {
    return await task
  } catch {
    return instead
  }
}

const kept = (hint: string): Failure => new Failure('LOG_KEPT', { hint, reasons: [hint] })

/** What is wrong, the case that must see it, and how the store differs. */
export const retentionDefects: readonly [what: string, caught: string, defect: RetentionDefect][] = [
  [
    'says when in seconds',
    'a subscriber is known from the first time it says how far it is: its positions, its lag, and when that was',
    (_, retention) => ({
      retention: {
        subscribers: async () =>
          (await retention.subscribers()).map((one) => ({
            ...one,
            reportedMs: (one.reportedMs ?? 0) / 1_000
          }))
      }
    })
  ],
  [
    'lets nobody go back',
    'what a subscriber said last is what is known of it, also when it is less than before',
    (store, retention) => ({
      store: {
        async acknowledge(name, positions) {
          const before = (await retention.subscribers()).find((one) => one.name === name)?.positions ?? []
          await acknowledge(
            store,
            name,
            positions.map((at, partition) => Math.max(at, before[partition] ?? 0))
          )
        }
      }
    })
  ],
  [
    'believes positions beyond the head',
    'what is beyond a head, no position, or not one for each partition is refused, and changes nothing',
    saying((positions, heads) => positions.map((at, partition) => Math.min(at, heads[partition] ?? at)))
  ],
  [
    'takes any name',
    'a name that no service can have, and that of a subscription, is refused',
    (store) => ({
      store: { acknowledge: (name, positions) => acknowledge(store, name.replaceAll('/', '-'), positions) }
    })
  ],
  [
    'knows no subscriptions of its own',
    'a subscription of the service itself is known by its checkpoints in the log, without having said anything',
    (_, retention) => ({
      retention: {
        subscribers: async () => (await retention.subscribers()).filter(({ name }) => !name.includes('/'))
      }
    })
  ],
  [
    'lists the last name first',
    'subscribers are listed by name',
    (_, retention) => ({
      retention: { subscribers: async () => (await retention.subscribers()).toReversed() }
    })
  ],
  [
    'forgets nobody',
    'a subscriber that is forgotten holds nothing back until it says something again, and the audit has it',
    () => ({ retention: { forget: async () => undefined } })
  ],
  [
    'keeps the parked messages of a subscription that is forgotten',
    'a subscription of the service itself is forgotten with its checkpoints and parked messages, and no other',
    (store, retention) => ({
      retention: {
        async forget(name, by) {
          const parked = (await store.parked({ limit: 10 })).filter((one) => name.endsWith(one.subscription))
          await retention.forget(name, by)
          await store.commit({ ...emptyBatch, parked })
        }
      }
    })
  ],
  [
    'does as if it had forgotten somebody',
    'who is not known cannot be forgotten, and nothing is noted',
    (_, retention) => ({
      retention: { forget: (name, by) => quietly(retention.forget(name, by), undefined) }
    })
  ],
  [
    'counts positions from 0',
    'all of a new log is there, and its ranges are empty and open',
    () => ({ store: { firstPosition: async () => 0 } })
  ],
  [
    'lists the newest range first',
    'ranges are the log from its first position on, without a gap, the oldest first, and count their rows',
    (_, retention) => ({ retention: { ranges: async () => (await retention.ranges()).toReversed() } })
  ],
  [
    'takes the time of one partition for that of all',
    'a range has the earliest time of its first rows and the latest of its last',
    (store, retention) => ({
      retention: {
        ranges: async () => {
          const [row] = await store.read(0, 0, 1)
          return (await retention.ranges()).map((range) => ({ ...range, firstMs: row?.timeMs }))
        }
      }
    })
  ],
  [
    'closes a range when one partition is beyond it',
    'a range that some partition has not gone beyond is open, and is not archived',
    (store, retention) => ({
      retention: {
        ranges: async () => {
          const head = Math.max(...(await store.heads()))
          return (await retention.ranges()).map((range) => ({ ...range, closed: range.last <= head }))
        }
      }
    })
  ],
  [
    'does not wait for the service itself',
    'I26: nothing is archived before the service itself has said how far it is',
    archiveAfter(async (store) => acknowledge(store, store.service, await store.heads()))
  ],
  [
    'archives above the lowest subscriber',
    'I26: nothing is archived above the position of anybody who is known, in any partition',
    archiveAfter(async (store, retention) => {
      for (const { name, reportedMs } of await retention.subscribers())
        if (reportedMs !== undefined) await acknowledge(store, name, await store.heads())
    })
  ],
  [
    'goes by the furthest that a subscriber has been',
    'I26: a subscriber that has gone back holds what it was beyond',
    archiveAfter(async (store) => acknowledge(store, 'pier', await store.heads()))
  ],
  [
    'archives above its own subscriptions',
    'I26: nothing is archived above a subscription of the service itself; where it has no checkpoint it is at 0',
    archiveAfter(async (_, retention) => {
      for (const { name } of await retention.subscribers())
        if (name.includes('/')) await retention.forget(name, 'nobody')
    })
  ],
  [
    'waits for who reads another log',
    'a checkpoint in the log of another service holds nothing',
    archiveAfter(async (store) => {
      if ((await store.checkpoints('arrivals')).length > 0) throw kept('arrivals is behind.')
    })
  ],
  [
    'does not wait for readers that have said nothing',
    'I26: nothing is archived before each reader that the needs name has said how far it is',
    (_, retention) => ({
      retention: { archive: (copy, needs, by) => retention.archive(copy, { ...needs, readers: [] }, by) }
    })
  ],
  [
    'does not wait for a rebuild',
    'nothing is archived while a projection is rebuilt, which may read from the beginning',
    archiveAfter(async (store) => {
      for (const { generation, status } of await store.generations('board'))
        if (status === 'building') await store.dropGeneration('board', generation)
    })
  ],
  [
    'does not look at revisions',
    'nothing is archived while a state was folded by another revision than its machine has now',
    (_, retention) => ({
      retention: {
        archive: (copy, needs, by) => retention.archive(copy, { ...needs, machines: new Map() }, by)
      }
    })
  ],
  [
    'tells of all ranges that are held',
    'of the oldest ranges those that are held are told, each with why, and those that can leave are left out',
    (_, retention) => ({ retention: { held: (__, needs) => retention.held(100, needs) } })
  ],
  [
    'forgets a range that it has archived',
    'what is archived is gone from the log, noted with its hash, and has a row in the audit',
    () => ({ retention: { archived: async () => [] } })
  ],
  [
    'reads nothing where something was archived',
    'who reads what is archived is told so, and what is behind it reads and goes on as before',
    (store) => ({ store: { read: (...range) => quietly(store.read(...range), []) } })
  ],
  [
    'has no history where something was archived',
    'a history that begins in what is archived is refused, and one behind it is told',
    (store) => ({ store: { history: (...what) => quietly(store.history(...what), []) } })
  ],
  [
    'takes any copy for one of the oldest range',
    'a copy that is not of the oldest range, or not all of it, drops nothing',
    (_, retention) => ({
      retention: {
        async archive(copy, needs, by) {
          const [oldest] = await retention.ranges()
          const { first, last, rows } = oldest ?? copy
          await retention.archive({ first, last, rows, hash: copy.hash }, needs, by)
        }
      }
    })
  ],
  [
    'says that it has archived what another has',
    'of those who archive one range at once one does it, and the others leave the next one alone',
    (_, retention) => ({
      retention: { archive: (...call) => quietly(retention.archive(...call), undefined) }
    })
  ],
  [
    'takes no commits while it archives',
    'commits, reads and what subscribers say go on while a range leaves',
    (store, retention) => {
      let archiving = false
      return {
        store: {
          commit: async (batch) => {
            if (archiving) throw new Failure('STORE_UNAVAILABLE', { hint: 'A range leaves.' })
            return store.commit(batch)
          }
        },
        retention: {
          async archive(...call) {
            archiving = true
            await retention.archive(...call)
            archiving = false
          }
        }
      }
    }
  ],
  [
    'refuses whoever comes too late',
    'I26: who comes with positions below what is archived is known, and holds all that is left',
    (store) => ({
      store: {
        async acknowledge(name, positions) {
          const first = (await store.firstPosition?.()) ?? 1
          if (positions.some((at) => at < first - 1))
            throw new Failure('POSITION_INVALID', { hint: `The log begins at ${first}.` })
          await acknowledge(store, name, positions)
        }
      }
    })
  ],
  [
    'begins anew when everything is archived',
    'a log of which everything said is archived takes what is said next',
    (store) => ({
      store: {
        async heads() {
          const first = (await store.firstPosition?.()) ?? 1
          return (await store.heads()).map((head) => (head < first ? 0 : head))
        }
      }
    })
  ],
  [
    'remembers only the newest range that it has archived',
    'ranges that were archived come back from the newest on, and read and hash as before',
    (_, retention) => ({ retention: { archived: async () => (await retention.archived()).slice(-1) } })
  ],
  [
    'says that it has put back what was not archived',
    'what is put back must be what was archived, row by row and in order',
    (_, retention) => ({
      retention: { restore: (...call) => quietly(retention.restore(...call), undefined) }
    })
  ],
  [
    'says nothing when rows break off',
    'rows that cannot all be given are not put back, and may be given again',
    (_, retention) => ({
      retention: {
        restore: (first, rows, by) =>
          retention.restore(first, rows, by).catch((thrown: unknown) => {
            if (thrown instanceof Failure && thrown.code === 'LOG_KEPT') throw thrown
          })
      }
    })
  ],
  [
    'says that it has put back what was there',
    'nothing is put back where nothing is archived',
    (_, retention) => ({
      retention: { restore: (...call) => quietly(retention.restore(...call), undefined) }
    })
  ],
  [
    'archives a range only once',
    'a range that is back leaves again, under the same conditions',
    (_, retention) => {
      const gone = new Set<number>()
      return {
        retention: {
          async archive(copy, needs, by) {
            if (gone.has(copy.first)) throw kept('It was archived before.')
            await retention.archive(copy, needs, by)
            gone.add(copy.first)
          }
        }
      }
    }
  ]
]
