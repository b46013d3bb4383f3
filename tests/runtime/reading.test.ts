import { expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { bank } from './bank.ts'
import { faultyBus } from './faulty-bus.ts'
import { codeOf, type Stage, stage } from './stage.ts'

const balance = (on: Stage, key: string, after: string, waitMs = 2_000): Promise<unknown> =>
  on.service('bank').row('balances', key, { after: [after], waitMs })

test('I25: a read that names the position of a command has seen it', async () => {
  const on = await stage(bank(), { limits: { batchMax: 8 } })
  const seen = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const { position } = await on.accepted('bank', 'Deposit', `a${index % 6}`, { pence: 1 })
      const row = (await on.drive(balance(on, `a${index % 6}`, position))) as { events: number }
      return row.events
    })
  )
  expect(Math.min(...seen)).toBeGreaterThan(0)
  for (let key = 0; key < 6; key++)
    expect(await on.service('bank').row('balances', `a${key}`)).toEqual({ pence: 10, events: 10 })
})

test('I25: a projection of another service is waited for too', async () => {
  const on = await stage(bank(), {
    bus: () => faultyBus(localBus(), () => 0, { lose: 1, repeat: 0, reorder: 0 })
  })
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  const { position } = await on.accepted('bank', 'Debit', 'ann', { transfer: 't1', pence: 5 })
  expect(await codeOf(on.service('notices').row('statement', 't1'))).toBe('ROW_UNKNOWN')
  expect(await on.drive(on.service('notices').row('statement', 't1', { after: [position] }))).toEqual({
    moves: ['debited'],
    pence: 5
  })
  const page = await on.drive(
    on
      .service('notices')
      .query('statement', { filters: [], orderBy: 'key', descending: false, limit: 5 }, { after: [position] })
  )
  expect(page.rows).toHaveLength(1)
})

test('I25: a position that is not reached in time is answered with when to come again, and nothing is served', async () => {
  const on = await stage(bank())
  const { position } = await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.settled()
  const [, partition, at] = position.split(':')
  const future = `bank:${partition}:${Number(at) + 1}`
  const late = balance(on, 'ann', future, 500).catch((thrown: unknown) => thrown)
  expect(await on.drive(late)).toMatchObject({
    code: 'POSITION_NOT_REACHED',
    details: { waitedMs: 500, retryAfterMs: 1_000 }
  })
  expect(await on.drive(balance(on, 'ann', position))).toEqual({ pence: 10, events: 1 })
})

test('I25: what a turn had taken that was lost has not been seen', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.settled()
  const fault = on.stores.fail('bank', {
    code: 'STORE_FULL',
    times: 40,
    holding: ({ projections }) => projections.length > 0
  })
  const { position } = await on.accepted('bank', 'Deposit', 'ann', { pence: 5 })
  await on.until('the fold was tried', () => fault.fired > 0)
  for (let look = 0; look < 3; look++)
    expect(await codeOf(on.drive(balance(on, 'ann', position, 100)))).toBe('POSITION_NOT_REACHED')
  expect(
    (await on.service('bank').status()).subscriptions.find(({ subscription }) => subscription === 'balances')
  ).toMatchObject({
    done: 1,
    pending: 1
  })
  fault.heal()
  expect(await on.drive(balance(on, 'ann', position))).toEqual({ pence: 15, events: 2 })
})

test('I25: a message that is parked has not been seen, and the answer names its number', async () => {
  const on = await stage(
    bank({
      faults: {
        fold: (transfer) => {
          if (transfer === 't1') throw new Error('No.')
        }
      }
    }),
    { limits: { attemptsMax: 2 } }
  )
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  const poison = await on.accepted('bank', 'Debit', 'ann', { transfer: 't1', pence: 1 })
  const behind = await on.accepted('bank', 'Debit', 'ann', { transfer: 't2', pence: 1 })
  await on.settled()
  for (const [{ position }, number] of [
    [poison, 1],
    [behind, 2]
  ] as const) {
    const read = on
      .service('notices')
      .row('statement', 't2', { after: [position] })
      .catch((thrown: unknown) => thrown)
    expect(await on.drive(read)).toMatchObject({
      code: 'POSITION_NOT_REACHED',
      details: { deadLetter: number }
    })
  }
})

test('I25: a rebuild changes nothing of what a read has seen', async () => {
  const on = await stage(bank(), { limits: { replayBatchMax: 16 } })
  for (let index = 0; index < 60; index++) await on.accepted('bank', 'Deposit', `a${index}`, { pence: 1 })
  await on.settled()
  await on.service('bank').rebuild('balances')
  for (let index = 0; index < 20; index++) {
    const { position } = await on.accepted('bank', 'Deposit', 'ann', { pence: 1 })
    expect(await on.drive(balance(on, 'ann', position))).toEqual({ pence: index + 1, events: index + 1 })
  }
  await on.settled()
  expect((await on.service('bank').status()).rebuilds).toMatchObject([{ state: 'done' }])
})

test.each([
  ['not a position', 'yesterday'],
  ['a log that the projection does not read', 'notices:1:1'],
  ['a partition that is not there', 'bank:99:1']
])('a position that can never be seen is refused: %s', async (_, position) => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  expect(await codeOf(balance(on, 'ann', position))).toBe('POSITION_INVALID')
})

test.each([
  ['a projection that is not there', 'nothing', {}, 'UNIT_UNKNOWN'],
  ['a machine', 'account', {}, 'UNIT_UNKNOWN'],
  ['a field without an index', 'balances', { orderBy: 'events' }, 'QUERY_INVALID'],
  [
    'a filter without an index',
    'balances',
    { filters: [{ field: 'events', comparison: 'eq', value: 1 }] },
    'QUERY_INVALID'
  ],
  ['no rows', 'balances', { limit: 0 }, 'QUERY_INVALID'],
  ['too many rows', 'balances', { limit: 1_001 }, 'QUERY_INVALID']
] as const)('a query for %s is refused', async (_, projection, change, code) => {
  const on = await stage(bank())
  const query = { filters: [], orderBy: 'key', descending: false, limit: 10, ...change }
  expect(await codeOf(on.service('bank').query(projection, query))).toBe(code)
})

test('pages of a query go through all rows in order, each once', async () => {
  const on = await stage(bank())
  await Promise.all(
    Array.from({ length: 25 }, (_, index) =>
      on.accepted('bank', 'Deposit', `a${index}`, { pence: (index % 4) + 1 })
    )
  )
  await on.settled()
  const seen: [number, string][] = []
  let cursor: string | undefined
  do {
    const page = await on.service('bank').query('balances', {
      filters: [{ field: 'pence', comparison: 'gte', value: 2 }],
      orderBy: 'pence',
      descending: false,
      limit: 7,
      ...(cursor === undefined ? {} : { cursor })
    })
    seen.push(
      ...page.rows.map(({ key, data }) => [(data as { pence: number }).pence, key] as [number, string])
    )
    cursor = page.next
  } while (cursor !== undefined)
  expect(seen).toHaveLength(18)
  expect(new Set(seen.map(([, key]) => key)).size).toBe(18)
  expect(seen).toEqual([...seen].sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1)))
})
