import { given } from 'skerry/testing'
import { expect, test } from 'vitest'
import { failureOf } from './caller.ts'
import {
  AcceptOrder,
  CancelOrder,
  OrderAccepted,
  OrderCancelled,
  order,
  orderThat,
  StockReserved
} from './shop.ts'

const accepted = OrderAccepted({ orderId: 'o1', total: 3 })
const cancel = CancelOrder.for('o1', { reason: 'changed mind' })
const scenarioStart = Date.UTC(2026, 0, 1)

test('a story goes on from decision to decision', () => {
  given(order)
    .when(AcceptOrder.for('o1', { total: 3, note: '' }))
    .then(accepted)
    .thenState({ status: 'accepted', total: 3, acceptedMs: scenarioStart })
    .when(cancel)
    .then(OrderCancelled({ orderId: 'o1', reason: 'changed mind' }))
    .thenStatus('cancelled')
    .when(cancel)
    .thenRefused('illegal-state')
    .thenState({ status: 'cancelled', reason: 'changed mind' })
})

test('time passes only when the scenario says so', () => {
  given(order, accepted)
    .afterwards({ hours: 1 })
    .when(cancel)
    .then(OrderCancelled({ orderId: 'o1', reason: 'changed mind' }))
  given(order, accepted).afterwards({ hours: 1, ms: 1 }).when(cancel).thenRefused('too-late')
})

test('the state may be asked before any command', () => {
  given(order).thenStatus('new')
  given(order, accepted).thenState({ status: 'accepted', total: 3, acceptedMs: scenarioStart })
})

test('a scenario leaves the data of the test as it was', () => {
  const data = { orderId: 'o1', total: 3 }
  given(order, OrderAccepted(data)).thenStatus('accepted')
  data.total = 4
  expect(data).toEqual({ orderId: 'o1', total: 4 })
})

test('what `then` gives is not awaited by a runner that is handed it', async () => {
  const finished = given(order, accepted).when(cancel).thenRefused
  expect(() => finished('too-late')).toThrow('was accepted')
  const result = await given(order, accepted)
    .when(cancel)
    .then(OrderCancelled({ orderId: 'o1', reason: 'changed mind' }))
  expect(result.thenStatus('cancelled')).toBeDefined()
})

test('a failure says what is different and points to the line that says it', () => {
  const decided = given(order).when(AcceptOrder.for('o1', { total: 3, note: '' }))
  const failure = failureOf(() => decided.then(OrderAccepted({ orderId: 'o2', total: 4 })))
  expect(failure.name).toBe('AssertionError')
  expect(failure.message).toBe(
    [
      'AcceptOrder led to another OrderAccepted.',
      '  /data/orderId: expected "o2", got "o1"',
      '  /data/total: expected 4, got 3'
    ].join('\n')
  )
  expect(failure.at).toContain('machine-scenario.test.ts')
})

test.each([
  [
    'another state',
    () => given(order, accepted).thenState({ status: 'cancelled', reason: '' }),
    'order is in another state'
  ],
  [
    'another status',
    () => given(order, accepted).thenStatus('cancelled'),
    "order is 'accepted', not 'cancelled'"
  ],
  [
    'another event',
    () => given(order, accepted).when(cancel).then(accepted),
    'expected OrderAccepted, got OrderCancelled'
  ],
  ['a refusal', () => given(order).when(cancel).then(accepted), 'CancelOrder was refused: illegal-state'],
  [
    'another refusal',
    () => given(order).when(cancel).thenRefused('too-late'),
    "expected 'too-late', got 'illegal-state'"
  ],
  [
    'no refusal',
    () => given(order, accepted).when(cancel).thenRefused('too-late'),
    'CancelOrder was accepted: OrderCancelled'
  ],
  [
    'an event that cannot happen',
    () => given(order, accepted, accepted),
    "OrderAccepted cannot happen: order is 'accepted'"
  ],
  [
    'data that does not fit',
    () => given(order, OrderAccepted({ orderId: 'o1', total: -1 })),
    '/total: Too small'
  ],
  [
    'a command that does not fit',
    () => given(order).when(AcceptOrder.for('o1', { total: 0.5, note: '' })),
    '/total: Invalid input'
  ],
  [
    'an event of nobody',
    () => given(order, StockReserved({ orderId: 'o1' }) as never),
    'StockReserved of warehouse is no event of order'
  ],
  [
    'a command of nobody',
    () => given(order).when({ ...cancel, type: 'Nonsense' } as never),
    "Nonsense.for('o1') is no command of order"
  ]
])('a scenario fails on %s', (_name, call, words) => {
  expect(failureOf(call)).toMatchObject({ name: 'AssertionError', message: expect.stringContaining(words) })
})

let count = 0
test.each([
  ['asks for the time', () => ({ status: 'accepted', total: Date.now() }), 'asked for the present time'],
  [
    'makes a date of now',
    () => ({ status: 'accepted', total: new Date().getHours() }),
    'asked for the present time'
  ],
  ['asks for chance', () => ({ status: 'accepted', total: Math.random() }), 'asked for a random number'],
  [
    'counts outside',
    () => ({ status: 'accepted', total: count++ }),
    'two different answers for the same input'
  ],
  ['is asynchronous', async () => ({ status: 'accepted' }), 'gave a promise'],
  [
    'changes the state',
    (state: object) => Object.assign(state, { status: 'accepted' }),
    'changed what it was given'
  ],
  [
    'changes the event',
    (_: object, event: object) => Object.assign(event, { status: 'accepted' }),
    'changed what it was given'
  ],
  ['keeps a date', () => ({ status: 'accepted', total: 1, at: new Date(5) }), '/at is a Date'],
  ['keeps a map', () => ({ status: 'accepted', lines: new Map() }), '/lines is a Map'],
  ['keeps what is no number', () => ({ status: 'accepted', total: Number.NaN }), '/total is NaN'],
  ['keeps minus nought', () => ({ status: 'accepted', total: [-0] }), '/total/0 is -0'],
  ['keeps a hole', () => ({ status: 'accepted', total: [undefined] }), '/total/0 is undefined'],
  ['keeps a function', () => ({ status: 'accepted', total: () => 1 }), '/total is a function'],
  [
    'leads elsewhere',
    () => ({ status: 'cancelled', reason: '' }),
    "led to 'cancelled'; it declares 'accepted'"
  ]
])('a scenario fails when evolve %s', (_name, evolve, words) => {
  const wrong = orderThat(evolve as never)
  expect(failureOf(() => given(wrong, accepted)).message).toContain(words)
})

test('a date of a given time is allowed, and the clock is back afterwards', () => {
  const dated = orderThat((_, event) => ({
    status: 'accepted',
    total: new Date(event.total).getTime(),
    acceptedMs: 0
  }))
  given(dated, accepted).thenState({ status: 'accepted', total: 3, acceptedMs: 0 })
  expect(Date.now()).toBeGreaterThan(scenarioStart)
  expect(Math.random()).toBeLessThan(1)
})

test('what a function throws itself comes through', () => {
  const broken = orderThat(() => {
    throw new RangeError('out of stock')
  })
  expect(failureOf(() => given(broken, accepted))).toMatchObject({
    name: 'RangeError',
    message: 'out of stock'
  })
})
