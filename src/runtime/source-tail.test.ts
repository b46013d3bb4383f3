import { expect, test } from 'vitest'
import type { Feed, LogRow } from '../ports/index.ts'
import { SourceTail } from './source-tail.ts'

const feed: Feed = {
  service: 'bank',
  read: () => Promise.resolve([]),
  heads: () => Promise.resolve([0, 0])
}

function row(partition: number, position: number): LogRow {
  return {
    service: 'bank',
    partition,
    position,
    kind: 'event',
    type: 'MoneyPaid',
    version: 1,
    unit: 'account',
    key: 'a',
    sequence: position,
    previous: position - 1,
    timeMs: 0,
    correlationId: 'c',
    causationId: 'd',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    data: {}
  }
}

function tailOf(count: number): SourceTail {
  const tail = new SourceTail(feed, 4_096)
  tail.announced(Array.from({ length: count }, (_, index) => row(index % 2, Math.floor(index / 2) + 1)))
  return tail
}

test('rows that everybody has taken are let go, the others stay at hand', () => {
  const tail = tailOf(20)
  tail.want(0, 4)
  tail.want(0, 7)
  tail.want(1, 11)
  tail.release()

  const atHand = (partition: number): number[] =>
    Array.from({ length: 12 }, (_, position) => position).filter((position) => tail.at(partition, position))
  expect(atHand(0)).toEqual([4, 5, 6, 7, 8, 9, 10])
  expect(atHand(1)).toEqual([])
  expect(tail.heads).toEqual([10, 10])

  tail.announced([row(1, 11), row(0, 11)])
  expect(tail.at(1, 11)).toMatchObject({ partition: 1, position: 11 })
  expect(tail.at(0, 11)).toMatchObject({ partition: 0, position: 11 })
})

test('a partition that nobody reads keeps no rows', () => {
  const tail = tailOf(20)
  expect(tail.at(1, 10)).toBeDefined()
  tail.release()
  expect([tail.at(0, 10), tail.at(1, 1), tail.at(1, 10)]).toEqual([undefined, undefined, undefined])
  expect(tail.published).toBe(20)
})

test('a row that was let go and is announced again is not taken for a new one', () => {
  const tail = tailOf(4)
  tail.want(0, 3)
  tail.want(1, 3)
  tail.release()
  tail.announced([row(0, 2)])
  expect(tail.at(0, 2)).toBeUndefined()
  expect(tail.published).toBe(4)
})
