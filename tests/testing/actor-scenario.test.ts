import { actor } from 'skerry'
import { given, perform } from 'skerry/testing'
import { expect, test } from 'vitest'
import { failureOf } from './caller.ts'
import { ChargeCustomer, mail, OrderAccepted, OrderCancelled, OrderReady, StockReserved } from './shop.ts'

const accepted = OrderAccepted({ orderId: 'o1', total: 30 })
const cancelled = OrderCancelled({ orderId: 'o1', reason: '' })

test('an actor turns an event into messages, or into none', () => {
  given(mail)
    .when(accepted)
    .then(ChargeCustomer.for('o1', { pence: 30 }))
  given(mail)
    .when(OrderAccepted({ orderId: 'o1', total: 0 }))
    .then()
})

test('an effect is performed once, with a stable idempotency key', async () => {
  expect(await perform(mail, cancelled)).toEqual([OrderReady({ orderId: 'o1 test:0:1 1' })])
  expect(await perform(mail, cancelled, { attempt: 2, idempotencyKey: 'k' })).toEqual([
    OrderReady({ orderId: 'o1 k 2' })
  ])
})

test('an effect that has failed for good says its fallback', () => {
  given(mail)
    .whenEffectFails(cancelled, 'down')
    .then(OrderReady({ orderId: 'o1 down' }))
})

const byHand = actor('by-hand').on(OrderAccepted, () => ({ ...accepted, data: { orderId: 1 } }))

test.each([
  ['another message', () => given(mail).when(accepted).then(), 'expected nothing'],
  ['an outside effect', () => given(mail).when(cancelled), 'reach outside; use perform()'],
  [
    'a fallback that is not there',
    () => given(mail).whenEffectFails(accepted),
    'has no fallback for OrderAccepted'
  ],
  [
    'an event it does not hear',
    () => given(mail).when(StockReserved({ orderId: 'o1' }) as never),
    'no event that mail hears'
  ],
  [
    'a message that no contract made',
    () => given(byHand).when(accepted),
    'by-hand said OrderAccepted, which no contract made'
  ],
  [
    'a message that does not fit',
    () => given(mail).when(OrderAccepted({ orderId: 'o1', total: 5000 })),
    '/pence: Too big'
  ]
])('a scenario fails on %s', (_name, call, words) => {
  expect(failureOf(call)).toMatchObject({ name: 'AssertionError', message: expect.stringContaining(words) })
})

test('a pure reaction cannot be performed', async () => {
  await expect(perform(mail, accepted)).rejects.toThrow('has no outside effect for OrderAccepted')
})
