import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  canonicalJson,
  contract,
  durationMs,
  Failure,
  fail,
  failures,
  madeBy,
  partitionOf,
  toFailure,
  upcast
} from './index.ts'

const nothing = z.object({})

/** The failure of a definition, which must have its code and say what to do. */
function refusalOf(define: () => unknown): string {
  try {
    define()
  } catch (error) {
    expect(error).toMatchObject({ name: 'Failure', code: 'DEFINITION_INVALID' })
    return (error as Failure).message
  }
  throw new Error('The definition was accepted.')
}

test('an event is made by calling its type, a command by naming its key', () => {
  const sales = contract('sales')
  const OrderAccepted = sales.event('OrderAccepted', z.object({ id: z.string() }))
  const AcceptOrder = sales.command('AcceptOrder', z.object({ id: z.string() }))
  expect(OrderAccepted({ id: 'o1' })).toEqual({
    kind: 'event',
    service: 'sales',
    type: 'OrderAccepted',
    version: 1,
    data: { id: 'o1' }
  })
  expect(AcceptOrder.for('o1', { id: 'o1' })).toEqual({
    kind: 'command',
    service: 'sales',
    type: 'AcceptOrder',
    version: 1,
    key: 'o1',
    data: { id: 'o1' }
  })
  expect([...sales.events.keys(), ...sales.commands.keys()]).toEqual(['OrderAccepted', 'AcceptOrder'])
})

test('a command is for everybody unless it is declared to be internal', () => {
  const sales = contract('sales')
  expect(sales.command('AcceptOrder', nothing).internal).toBe(false)
  expect(sales.command('RecordPayment', nothing, { internal: true }).internal).toBe(true)
})

test('a message is plain, but remembers which type made it; a copy does not', () => {
  const OrderAccepted = contract('sales').event('OrderAccepted', nothing)
  const message = OrderAccepted({})
  expect(madeBy(message)).toBe(OrderAccepted)
  expect(Object.getPrototypeOf(message)).toBe(Object.prototype)
  expect(Reflect.ownKeys(message)).toEqual(['kind', 'service', 'type', 'version', 'data'])
  expect(madeBy({ ...message })).toBeUndefined()
  expect(madeBy(JSON.parse(JSON.stringify(message)))).toBeUndefined()
})

test.each([
  [
    'a service in capitals',
    () => contract('Sales'),
    "Service 'Sales' must be kebab-case, such as 'order-history'"
  ],
  ['a service with a space', () => contract('my sales'), 'must be kebab-case'],
  ['a service without a name', () => contract(''), 'must be kebab-case'],
  ['a long name', () => contract('a'.repeat(64)), '63 letters at most'],
  ['a name that addresses need', () => contract('admin'), "Service 'admin' is a reserved name."],
  [
    'an event in small letters',
    () => contract('sales').event('orderAccepted', nothing),
    "Event 'orderAccepted' of sales must be PascalCase, such as 'OrderAccepted'."
  ],
  [
    'a command with a dash',
    () => contract('sales').command('Accept-Order', nothing),
    "Command 'Accept-Order' of sales must be PascalCase"
  ],
  [
    'a query that addresses need',
    () => contract('sales').query('feed', nothing),
    "Query 'feed' is a reserved name."
  ]
])('a definition is refused with words that help: %s', (_what, define, words) => {
  expect(refusalOf(define)).toContain(words)
})

test('a name is declared once', () => {
  const sales = contract('sales')
  sales.event('OrderAccepted', nothing)
  sales.command('AcceptOrder', nothing)
  sales.query('orders', nothing)
  expect(refusalOf(() => sales.event('OrderAccepted', nothing))).toContain(
    "Event 'OrderAccepted' is declared twice in the contract of sales."
  )
  expect(refusalOf(() => sales.command('AcceptOrder', nothing))).toContain('declared twice')
  expect(refusalOf(() => sales.query('orders', nothing))).toContain('declared twice')
})

const Renamed = contract('sales').event('Renamed', z.object({ name: z.string(), by: z.string() }), {
  upcast: [
    (old: { title: string }) => ({ name: old.title }),
    (old: { name: string }) => ({ ...old, by: 'unknown' })
  ]
})

test('the data of every older version becomes that of the current one, step by step', () => {
  expect(Renamed.version).toBe(3)
  expect(Renamed({ name: 'x', by: 'me' }).version).toBe(3)
  expect(upcast(Renamed, 1, { title: 'x' })).toEqual({ name: 'x', by: 'unknown' })
  expect(upcast(Renamed, 2, { name: 'x' })).toEqual({ name: 'x', by: 'unknown' })
  const current = { name: 'x', by: 'me' }
  expect(upcast(Renamed, 3, current)).toBe(current)
})

test('data of a newer version than is known waits for a newer program', () => {
  expect(() => upcast(Renamed, 4, {})).toThrow(
    expect.objectContaining({
      code: 'MESSAGE_NEWER',
      retry: 'later',
      details: expect.objectContaining({ type: 'Renamed', version: 4, known: 3 })
    })
  )
})

test.each([
  ['', 16, 5],
  ['a', 16, 12],
  ['o1', 16, 13],
  ['17850', 16, 14],
  ['85123A', 16, 9],
  ['ключ', 16, 9],
  ['😀', 16, 8],
  ['o1', 1, 0],
  ['o1', 5, 4]
])('the partition of %j of %i is fixed for ever', (key, partitions, partition) => {
  expect(partitionOf(key, partitions)).toBe(partition)
})

test('partitions are used evenly by numbered keys', () => {
  const counts = new Array<number>(16).fill(0)
  for (let number = 0; number < 16_000; number++) {
    const partition = partitionOf(`order-${number}`, 16)
    counts[partition] = (counts[partition] ?? 0) + 1
  }
  expect(Math.min(...counts)).toBeGreaterThan(800)
  expect(Math.max(...counts)).toBeLessThan(1_200)
  expect(() => partitionOf('a', 0)).toThrow('a log has partitions')
})

test('equal values have equal canonical bytes, whatever the order of their fields', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true, z: undefined })).toBe(
    '{"a":true,"b":[1,{"c":"x","d":null}]}'
  )
  expect(canonicalJson({ 10: 1, 9: 2, a: [undefined] })).toBe('{"10":1,"9":2,"a":[null]}')
  expect(canonicalJson(undefined)).toBe('null')
})

test('durations add up their parts', () => {
  expect(durationMs({ days: 1, hours: 2, minutes: 3, seconds: 4, ms: 5 })).toBe(93_784_005)
  expect(durationMs({})).toBe(0)
})

test('a failure has its code, when to try again, and what is thrown becomes one', () => {
  expect(Object.keys(failures).length).toBeGreaterThan(40)
  expect(() => fail('STORE_FULL', { hint: 'Free some space.' })).toThrow(
    expect.objectContaining({
      code: 'STORE_FULL',
      retry: 'later',
      message: `${failures.STORE_FULL.text} Free some space.`
    })
  )
  const failure = new Failure('STOPPING', {}, new Error('cause'))
  expect(toFailure(failure)).toBe(failure)
  expect(failure.cause).toMatchObject({ message: 'cause' })
  expect(toFailure('odd')).toMatchObject({ code: 'INTERNAL', details: { hint: 'odd' }, cause: 'odd' })
})
