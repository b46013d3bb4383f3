import { deadline, given, refused, timeout, withMeta } from 'skerry/testing'
import { expect, test } from 'vitest'
import { failureOf } from './caller.ts'
import {
  ChargeCustomer,
  CustomerCharged,
  fulfilment,
  OrderAccepted,
  OrderCancelled,
  OrderReady,
  ReleaseStock,
  ReserveStock,
  StockReserved,
  StockShort
} from './shop.ts'

const accepted = OrderAccepted({ orderId: 'o1', total: 30 })
const reserved = StockReserved({ orderId: 'o1' })
const release = ReleaseStock.for('o1', {})
const cancelled = (reason: string) => OrderCancelled({ orderId: 'o1', reason })

test('a process says its commands one after the other and completes', () => {
  given(fulfilment)
    .when(accepted)
    .then(ReserveStock.for('o1', { units: 1 }))
    .thenWaitsFor('stock')
    .when(reserved)
    .then(ChargeCustomer.for('o1', { pence: 30 }))
    .thenWaitsFor('payment')
    .when(CustomerCharged({ orderId: 'o1', pence: 29 }))
    .then(OrderReady({ orderId: 'o1' }))
    .thenEnds('completed')
    .thenKeeps({ orderId: 'o1', total: 29 })
})

test('a step that fails, is refused or comes too late undoes the ones before it', () => {
  given(fulfilment, accepted)
    .when(StockShort({ orderId: 'o1' }))
    .then(cancelled('failed'))
    .thenEnds('failed')
  given(fulfilment, accepted, reserved)
    .when(refused(ChargeCustomer, 'card-declined'))
    .then(release, cancelled('refused'))
  given(fulfilment, accepted, reserved)
    .when(timeout('payment'))
    .then(release, cancelled('timeout'))
    .thenEnds('failed')
  given(fulfilment, accepted, reserved).when(deadline()).then(release, cancelled('timeout')).thenWaitsFor()
})

test('timers fire when their time has come and not before', () => {
  const waiting = given(fulfilment, accepted, reserved)
  waiting.afterwards({ hours: 23, minutes: 59 }).then().thenWaitsFor('payment')
  waiting.afterwards({ hours: 24 }).then(release, cancelled('timeout'))
  waiting.afterwards({ hours: 12 }).afterwards({ hours: 12 }).then(release, cancelled('timeout'))
  given(fulfilment, accepted).afterwards({ days: 3 }).then(cancelled('timeout')).when(reserved).then(release)
})

test('events that come before the start are kept for it, and what is done already is not asked for', () => {
  given(fulfilment, reserved)
    .when(accepted)
    .then(ChargeCustomer.for('o1', { pence: 30 }))
})

test.each([
  [
    'another message',
    () => given(fulfilment).when(accepted).then(release),
    "expected ReleaseStock.for('o1')\n  got      ReserveStock.for('o1')"
  ],
  ['a message too few', () => given(fulfilment).when(accepted).then(), 'expected nothing'],
  [
    'other data',
    () =>
      given(fulfilment)
        .when(accepted)
        .then(ReserveStock.for('o1', { units: 2 })),
    '/data/units: expected 2, got 1'
  ],
  [
    'another end',
    () => given(fulfilment, accepted).thenEnds('completed'),
    'the process is running: stock begun, payment waiting'
  ],
  ['no start', () => given(fulfilment, reserved).thenEnds('failed'), 'fulfilment has not started'],
  [
    'other steps',
    () => given(fulfilment, accepted).thenWaitsFor('payment'),
    'expected "payment", got "stock"'
  ],
  [
    'other things kept',
    () => given(fulfilment, accepted).thenKeeps({ orderId: 'o1', total: 3 }),
    '/total: expected 3, got 30'
  ],
  [
    'a timer that is not set',
    () => given(fulfilment, accepted).when(timeout('payment')),
    "no timer 'step:payment' set now"
  ],
  [
    'a refusal of what was not sent',
    () => given(fulfilment, accepted).when(refused(ChargeCustomer, 'x')),
    'has not sent ChargeCustomer'
  ],
  [
    'an event of another instance',
    () => given(fulfilment, accepted, StockReserved({ orderId: 'o2' })),
    'is about fulfilment "o2"; this scenario is about "o1"'
  ],
  [
    'an event it does not hear',
    () => given(fulfilment, cancelled('x') as never),
    'OrderCancelled of sales is no event that fulfilment hears'
  ],
  [
    'an empty key',
    () => given(fulfilment, OrderAccepted({ orderId: '', total: 1 })),
    'gave fulfilment the key ""'
  ],
  [
    'a message that does not fit',
    () => given(fulfilment, OrderAccepted({ orderId: 'o1', total: 1001 })).when(reserved),
    '/pence: Too big'
  ]
])('a scenario fails on %s', (_name, call, words) => {
  expect(failureOf(call)).toMatchObject({ name: 'AssertionError', message: expect.stringContaining(words) })
})

test('a failure points to the line of the call that failed', () => {
  const failure = failureOf(() => given(fulfilment).when(accepted).then())
  expect(failure.at).toContain('process-scenario.test.ts')
})

test('an event may be given the key and the time it was said with', () => {
  given(fulfilment, withMeta(accepted, { key: 'o1', timeMs: 5 })).thenWaitsFor('stock')
})
