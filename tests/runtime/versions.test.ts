import { expect, test } from 'vitest'
import { counter } from './counter.ts'
import { proveBalance } from './oracle.ts'
import { type Stage, stage } from './stage.ts'

async function add(on: Stage, key: string, ...amounts: readonly number[]): Promise<void> {
  for (const by of amounts) await on.accepted('count', 'Add', key, { by })
}

const totals = (on: Stage, key: string): Promise<unknown> => on.service('watch').row('totals', key)
const counted = async (on: Stage, key: string): Promise<unknown> =>
  ((await on.service('count').entity('counter', key))?.state as { value?: number } | undefined)?.value

test('I10: events of an older version are upcast for subscribers, rebuilds and folded states alike', async () => {
  const on = await stage(counter())
  await add(on, 'k', 1, 2, 3)
  // These were said, but not heard yet.
  await on.crash(counter({ event: 2 }))
  await add(on, 'k', 4)
  await on.settled()
  expect(await totals(on, 'k')).toEqual({ total: 10, events: 4 })
  const before = await on.service('watch').rowsHash('totals')
  await on.service('watch').rebuild('totals')
  await on.settled()
  expect(await on.service('watch').rowsHash('totals')).toEqual(before)
  expect(await on.service('count').rebuild('counter')).toEqual({
    unit: 'counter',
    processed: 1,
    total: 1,
    state: 'done'
  })
  expect(await counted(on, 'k')).toBe(10)
  expect((await on.service('count').history('counter', 'k')).map(({ version }) => version)).toEqual([
    1, 1, 1, 2
  ])
  expect(await on.service('count').check()).toEqual([])
})

test('I16: a parked message of an older version is upcast when it is redriven', async () => {
  const fold = (amount: number): void => {
    if (amount === 2) throw new Error('Two.')
  }
  const on = await stage(counter({ fold }), { limits: { attemptsMax: 2 } })
  await add(on, 'k', 1, 2, 3)
  await on.settled()
  await on.restart(counter({ event: 2 }))
  const [dead] = await on.service('watch').deadLetters.list({ limit: 10, status: ['dead'] })
  expect(dead?.message).toMatchObject({ version: 1, data: { by: 2 } })
  expect(await on.service('watch').deadLetters.redrive(dead?.number ?? 0, 'eve')).toMatchObject({
    state: 'done'
  })
  await on.settled()
  expect(await totals(on, 'k')).toEqual({ total: 6, events: 3 })
})

test('a parked message of an older version is edited in the words of the new one', async () => {
  const fold = (amount: number): void => {
    if (amount === 2) throw new Error('Two.')
  }
  const on = await stage(counter({ fold }), { limits: { attemptsMax: 2 } })
  await add(on, 'k', 2)
  await on.settled()
  await on.restart(counter({ event: 2, fold }))
  const [dead] = await on.service('watch').deadLetters.list({ limit: 10, status: ['dead'] })
  const edited = await on
    .service('watch')
    .deadLetters.edit(dead?.number ?? 0, { amount: 20, unit: 'box' }, 'eve')
  expect(edited.message).toMatchObject({ version: 2, data: { amount: 20, unit: 'box' } })
  expect(await on.service('watch').deadLetters.redrive(dead?.number ?? 0, 'eve')).toMatchObject({
    state: 'done'
  })
  expect(await totals(on, 'k')).toEqual({ total: 20, events: 1 })
})

test('I24: an event of a newer version is parked, not dropped, and is heard by the version that knows it', async () => {
  const on = await stage(counter({ event: 2 }), { limits: { attemptsMax: 2 } })
  await add(on, 'k', 1)
  await on.settled()
  await add(on, 'k', 2)
  // Back to the version of before, which cannot read what has just been said.
  await on.crash(counter({ event: 1 }))
  await on.settled()
  const parked = await on.service('watch').deadLetters.list({ limit: 10 })
  expect(parked).toMatchObject([{ status: 'dead', failure: expect.stringContaining('MESSAGE_NEWER') }])
  await proveBalance(on.service('watch'))
  await on.restart(counter({ event: 2 }))
  expect(await on.service('watch').deadLetters.redrive(parked[0]?.number ?? 0, 'eve')).toMatchObject({
    state: 'done'
  })
  await on.settled()
  expect(await totals(on, 'k')).toEqual({ total: 3, events: 2 })
})

test('I11: when evolve has changed, every state is right from the first look and the first decision on', async () => {
  const on = await stage(counter())
  await add(on, 'k', 1, 2, 3)
  await add(on, 'l', 5)
  await on.restart(counter({ revision: 2, factor: 10 }))
  expect(await counted(on, 'k')).toBe(60)
  const listed = await on.service('count').entities('counter', '', 10)
  expect(listed.map(({ key, state }) => [key, (state as unknown as { value: number }).value])).toEqual([
    ['k', 60],
    ['l', 50]
  ])
  const reached = await on.accepted('count', 'Reach', 'k', { atLeast: 1 })
  expect(reached.event.data).toEqual({ value: 60 })
  await add(on, 'k', 1)
  expect(await counted(on, 'k')).toBe(70)
  expect((await on.store('count').states('counter', ['k', 'l'])).get('l')).toMatchObject({
    revision: 1,
    data: { value: 5 }
  })
  expect(await on.service('count').check()).toEqual([])
})

test('I11: folding the states of a machine anew writes the same bytes, and commands go on meanwhile', async () => {
  const on = await stage(counter())
  await Promise.all(Array.from({ length: 250 }, (_, index) => add(on, `k${index}`, index, 1)))
  await on.restart(counter({ revision: 2, factor: 10 }))
  const folded = on.service('count').rebuild('counter')
  const during = Array.from({ length: 250 }, (_, index) =>
    on.accepted('count', 'Add', `k${index}`, { by: 1 })
  )
  expect(await folded).toMatchObject({ processed: 250, state: 'done' })
  await Promise.all(during)
  for (const index of [0, 99, 100, 249]) expect(await counted(on, `k${index}`)).toBe(10 * (index + 2))
  const states = await on.store('count').states('counter', ['k0', 'k249'])
  expect([...states.values()].map(({ revision }) => revision)).toEqual([2, 2])
  expect(await on.service('count').check()).toEqual([])
})

test('the state of a key at any position of its past is folded from what it had said by then', async () => {
  const on = await stage(counter())
  const positions: number[] = []
  for (const by of [1, 2, 3])
    positions.push(Number((await on.accepted('count', 'Add', 'k', { by })).position.split(':')[2]))
  const values = await Promise.all(
    positions.map(async (position) => (await on.service('count').entity('counter', 'k', position))?.state)
  )
  expect(values).toEqual([1, 3, 6].map((value) => ({ status: 'counting', value })))
  expect(await on.service('count').entity('counter', 'k', 0)).toBeUndefined()
})
