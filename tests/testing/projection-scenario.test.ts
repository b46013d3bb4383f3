import { projection } from 'skerry'
import { given, scenarioStartMs, withMeta } from 'skerry/testing'
import { expect, test } from 'vitest'
import { failureOf } from './caller.ts'
import { OrderAccepted, OrderCancelled, OrderReady, orderTotals, StockReserved } from './shop.ts'

const accepted = OrderAccepted({ orderId: 'o1', total: 30 })
const ready = OrderReady({ orderId: 'o1' })

test('events are folded into rows, in order, and may remove them', () => {
  given(orderTotals, accepted)
    .when(accepted, ready)
    .thenRow('o1', { total: 60, views: 1 })
    .thenRows({ o1: { total: 60, views: 1 }, all: { total: 0, views: 1 } })
    .when(OrderCancelled({ orderId: 'o1', reason: '' }))
    .thenNoRow('o1')
})

test('a row whose key is named twice is folded once', () => {
  const twice = projection<{ n: number }>('twice', { initial: { n: 0 } }).on(
    OrderAccepted,
    (event) => [event.orderId, 'all', event.orderId],
    (row) => ({ n: row.n + 1 })
  )
  given(twice, accepted).thenRows({ o1: { n: 1 }, all: { n: 1 } })
})

test('a fold is given the fields it declares to read and no others', () => {
  const seen: string[][] = []
  const reader = projection<{ n: number }>('reader').on(
    OrderAccepted,
    { key: (event) => event.orderId, reads: ['orderId'] },
    (_row, event) => {
      seen.push(Object.keys(event))
      return { n: 1 }
    }
  )
  given(reader, accepted).thenRow('o1', { n: 1 })
  expect(seen).toEqual([['orderId'], ['orderId']])
})

test('a fold may use who said the event and when', () => {
  const byEntity = projection<{ at: number }>('by-entity').on(
    OrderAccepted,
    (_event, meta) => meta.key,
    (_row, _event, meta) => ({ at: meta.timeMs })
  )
  given(byEntity, accepted).thenRows({ 'some-key': { at: scenarioStartMs } })
  given(byEntity, withMeta(accepted, { key: 'o9', timeMs: 7 })).thenRows({ o9: { at: 7 } })
})

const folding = (fold: () => unknown) =>
  projection<object>('folding').on(OrderAccepted, (event) => event.orderId, fold as () => object)

test.each([
  [
    'another row',
    () => given(orderTotals, accepted).thenRow('o1', { total: 31, views: 0 }),
    '/total: expected 31, got 30'
  ],
  [
    'a missing row',
    () => given(orderTotals, accepted).thenRow('o2', { total: 31, views: 0 }),
    'Rows are there for "o1".'
  ],
  ['a row too many', () => given(orderTotals, accepted).thenNoRow('o1'), 'totals has a row "o1"'],
  ['other rows', () => given(orderTotals, accepted).thenRows({}), '/o1: expected nothing, got {"total":30'],
  [
    'an event it does not fold',
    () => given(orderTotals, StockReserved({ orderId: 'o1' }) as never),
    'no event that totals folds'
  ],
  [
    'a row its query forbids',
    () => given(orderTotals, OrderAccepted({ orderId: 'o1', total: 2000 })),
    'does not fit the schema of its query.\n  /total: Too big'
  ],
  [
    'an empty key',
    () => given(orderTotals, OrderAccepted({ orderId: '', total: 2 })),
    'gave totals the key ""'
  ],
  [
    'a fold that gives nothing',
    () =>
      given(
        folding(() => undefined),
        accepted
      ),
    'gave nothing'
  ],
  [
    'a row that is not JSON',
    () =>
      given(
        folding(() => ({ at: new Date(1) })),
        accepted
      ),
    '/at is a Date'
  ],
  [
    'a fold that asks for chance',
    () =>
      given(
        folding(() => ({ at: Math.random() })),
        accepted
      ),
    'random'
  ]
])('a scenario fails on %s', (_name, call, words) => {
  const failure = failureOf(call)
  expect(failure).toMatchObject({ name: 'AssertionError', message: expect.stringContaining(words) })
  expect(failure.at).toContain('projection-scenario.test.ts')
})
