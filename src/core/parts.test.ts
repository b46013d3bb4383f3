import { expect, test } from 'vitest'
import { z } from 'zod'
import { actor, contract, projection } from './index.ts'

const sales = contract('sales')
const data = z.object({ id: z.string(), total: z.int() })
const OrderAccepted = sales.event('OrderAccepted', data)
const OrderShipped = sales.event('OrderShipped', data)
const orders = sales.query('orders', data)
const meta = { id: 'm1', key: 'o1', timeMs: 0, correlationId: 'c', causationId: 'c' }

test('a projection of a query has its name and its schema, one of its own has no schema', () => {
  const published = projection(orders, { indexes: ['total'], revision: 2 })
  expect(published).toMatchObject({
    kind: 'projection',
    name: 'orders',
    indexes: ['total'],
    revision: 2,
    schema: orders.schema
  })
  expect(published.initial).toBeUndefined()
  const own = projection('counted', { initial: { n: 0 } })
  expect(own).toMatchObject({ name: 'counted', indexes: [], revision: 1, initial: { n: 0 } })
  expect(own.schema).toBeUndefined()
})

test('a rule of a projection says what it reads; a plain key reads everything', () => {
  const fold = () => null
  const both = projection(orders)
    .on(OrderAccepted, { key: (event) => event.id, reads: ['id'] }, fold)
    .on(OrderShipped, (event, { key }) => [event.id, key], fold)
  expect(both.rules.get('sales/OrderAccepted')).toMatchObject({ reads: ['id'] })
  expect(both.rules.get('sales/OrderShipped')?.reads).toBeUndefined()
  expect(both.rules.get('sales/OrderShipped')?.keys({ id: 'o2' }, meta)).toEqual(['o2', 'o1'])
})

test('effects run one after the other for each entity, unless a rule names another key', () => {
  const effect = async () => undefined
  const clerk = actor('clerk')
    .effect(OrderAccepted, { timeout: { seconds: 3 }, bulkhead: 4 }, effect)
    .effect(OrderShipped, { key: (event) => `${event.id}!`, fallback: () => [] }, effect)
  const [accepted, shipped] = [clerk.rules.get('sales/OrderAccepted'), clerk.rules.get('sales/OrderShipped')]
  if (accepted?.mode !== 'effect' || shipped?.mode !== 'effect') throw new Error('Both rules are effects.')
  expect(accepted.key({ id: 'o9' }, meta)).toBe('o1')
  expect(accepted.policy).toEqual({ timeout: { seconds: 3 }, bulkhead: 4 })
  expect(accepted.fallback).toBeUndefined()
  expect(shipped.key({ id: 'o9' }, meta)).toBe('o9!')
  expect(shipped.fallback?.({ id: 'o9' }, meta, 'down')).toEqual([])
})

test('a part under construction is not changed by what is added to it', () => {
  const start = actor('clerk')
  expect(start.on(OrderAccepted, () => undefined).rules.size).toBe(1)
  expect(start.rules.size).toBe(0)
})
