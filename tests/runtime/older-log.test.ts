import { expect, test } from 'vitest'
import type { Bus, Feed, LogRow, Store } from '../../src/ports/index.ts'
import type { Draft } from '../../src/runtime/draft.ts'
import type { Handler } from '../../src/runtime/handler.ts'
import type { Beyond } from '../../src/runtime/older-logs.ts'
import { Sources } from '../../src/runtime/sources.ts'
import { Subscription } from '../../src/runtime/subscription.ts'
import { testClock } from '../../src/testing/index.ts'

const rowAt = (position: number, life: string): LogRow => ({
  service: 'sales',
  partition: 0,
  position,
  previous: 0,
  kind: 'event',
  type: 'Sold',
  version: 1,
  unit: 'order',
  key: 'a',
  sequence: position,
  timeMs: position,
  correlationId: `${life}-${position}`,
  causationId: 'x',
  traceparent: '',
  data: {}
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Takes three rows of a log that is put back to its first one while nobody can reach it, and comes to `head` then. */
async function putBack(head: number): Promise<{ readonly older: Beyond[]; readonly taken: string[] }> {
  let log = [1, 2, 3].map((position) => rowAt(position, 'first'))
  const feed: Feed = {
    service: 'sales',
    async heads() {
      await turn()
      return [log.length]
    },
    async read(_, after, limit) {
      await turn()
      return log.slice(after, after + limit)
    }
  } as Feed
  let tell: (rows: readonly LogRow[]) => void = () => undefined
  const bus = {
    guarantees: { name: 'staged', lossless: true, ordered: true },
    feed: () => feed,
    listen(_: string, listener: typeof tell) {
      tell = listener
      return () => undefined
    }
  } as unknown as Bus
  const [older, taken]: [Beyond[], string[]] = [[], []]
  const handler = { subscription: 'billing', sources: ['sales'], wants: () => true } as unknown as Handler
  const subscription = new Subscription(handler)
  const take = (): void => {
    subscription.take({ cursors: new Set() } as unknown as Draft, 100, wake, (_, row) =>
      taken.push(row.correlationId)
    )
  }
  const wake = (): void => {
    setImmediate(take)
  }
  const sources = new Sources({
    bus,
    clock: testClock(),
    store: { checkpoints: async () => [] } as unknown as Store,
    bufferedMax: 1_000,
    wake,
    onSilent: () => undefined,
    onFound: () => undefined,
    onOlder: (_, beyond) => older.push(beyond)
  })
  await sources.place(subscription)
  take()
  for (let turns = 0; turns < 20; turns++) await turn()
  expect(taken).toEqual(['first-1', 'first-2', 'first-3'])
  log = Array.from({ length: head }, (_, index) => rowAt(index + 1, index === 0 ? 'first' : 'second'))
  tell(log.slice(2))
  for (let turns = 0; turns < 50; turns++) await turn()
  sources.close()
  return { older, taken }
}

test.each([3, 4, 30])(
  'I7: nothing more is taken of a log that was put back and has come to position %i meanwhile',
  async (head) => {
    const { older, taken } = await putBack(head)
    expect(older).toEqual([{ partition: 0, position: 3, head: 2 }])
    expect(taken).toEqual(['first-1', 'first-2', 'first-3'])
  }
)
