import { expect, test } from 'vitest'
import type { RebuildStatus } from '../../src/runtime/index.ts'
import { counter } from './counter.ts'
import { proveBalance } from './oracle.ts'
import { codeOf, type Stage, stage } from './stage.ts'

const small = { limits: { replayBatchMax: 16, batchMax: 64 } }

async function add(on: Stage, count: number, keys = 20): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      on.accepted('count', 'Add', `k${index % keys}`, { by: index + 1 })
    )
  )
}

const total = async (on: Stage, key: string): Promise<number> =>
  ((await on.service('watch').row('totals', key)) as { total: number }).total

const rebuildOf = async (on: Stage): Promise<RebuildStatus | undefined> =>
  (await on.service('watch').status()).rebuilds.find(({ unit }) => unit === 'totals')

test('I10: a rebuild gives the same rows, the old ones serve meanwhile, and its progress is seen', async () => {
  const on = await stage(counter(), small)
  await add(on, 500)
  await on.settled()
  const before = await on.service('watch').rowsHash('totals')
  expect(before.rows).toBe(20)
  const started = await on.service('watch').rebuild('totals')
  expect(started).toMatchObject({ unit: 'totals', generation: 2, state: 'running' })
  const progress: number[] = []
  for (let status = await rebuildOf(on); status?.state === 'running'; status = await rebuildOf(on)) {
    expect(await on.service('watch').rowsHash('totals')).toEqual(before)
    progress.push(status.processed)
    await on.turns(1)
  }
  expect(await rebuildOf(on)).toMatchObject({ state: 'done', processed: 500, total: 500 })
  expect(new Set(progress).size).toBeGreaterThan(5)
  expect(progress).toEqual([...progress].sort((one, other) => one - other))
  expect(await on.service('watch').rowsHash('totals')).toEqual(before)
  expect(await on.store('watch').generations('totals')).toMatchObject([{ generation: 2, status: 'live' }])
  expect(await on.service('watch').check()).toEqual([])
})

test('I10: what is appended during a rebuild is in both generations, at every moment', async () => {
  const on = await stage(counter(), small)
  await add(on, 300)
  await on.settled()
  await on.service('watch').rebuild('totals')
  let appended = 300
  let seen = 0
  while ((await rebuildOf(on))?.state === 'running') {
    await add(on, 5)
    appended += 5
    const page = await on
      .service('watch')
      .query('totals', { filters: [], orderBy: 'key', descending: false, limit: 100 })
    const events = page.rows.reduce((sum, { data }) => sum + (data as { events: number }).events, 0)
    expect(events).toBeGreaterThanOrEqual(seen)
    seen = events
  }
  await on.settled()
  expect(appended).toBeGreaterThan(310)
  const live = await on.service('watch').rowsHash('totals')
  await on.service('watch').rebuild('totals')
  await on.settled()
  expect(await on.service('watch').rowsHash('totals')).toEqual(live)
  await proveBalance(on.service('watch'))
})

test('a rebuild goes on where it was when the process was killed', async () => {
  const on = await stage(counter(), small)
  await add(on, 600)
  await on.settled()
  const before = await on.service('watch').rowsHash('totals')
  await on.service('watch').rebuild('totals')
  const kills: number[] = []
  for (let again = 0; again < 5; again++) {
    await on.turns(3)
    const status = await rebuildOf(on)
    if (status?.state !== 'running') break
    kills.push(status.processed)
    await on.crash()
    const resumed = await rebuildOf(on)
    expect(resumed?.processed).toBeGreaterThanOrEqual(status.processed - 64)
  }
  expect(kills.length).toBeGreaterThan(2)
  expect(Math.max(...kills)).toBeGreaterThan(60)
  await on.settled()
  expect(await on.service('watch').rowsHash('totals')).toEqual(before)
  expect(await on.service('watch').check()).toEqual([])
})

test('a projection of a new revision is rebuilt at the start, and the former rows serve until it is done', async () => {
  const on = await stage(counter(), small)
  await add(on, 400)
  await on.settled()
  const former = await total(on, 'k3')
  await on.restart(counter({ revision: 2, factor: 10 }))
  const seen = new Set<number>()
  while ((await rebuildOf(on))?.state === 'running') {
    seen.add(await total(on, 'k3'))
    await on.turns(1)
  }
  expect([...seen]).toEqual([former])
  expect(await total(on, 'k3')).toBe(10 * former)
  await on.restart(counter({ revision: 2, factor: 10 }))
  expect(await rebuildOf(on)).toBeUndefined()
})

test('a rebuild that was under way for an older revision is begun anew for the new one', async () => {
  const on = await stage(counter(), small)
  await add(on, 400)
  await on.settled()
  const former = await total(on, 'k3')
  await on.crash(counter({ revision: 2, factor: 10 }))
  await on.turns(4)
  expect(await rebuildOf(on)).toMatchObject({ state: 'running' })
  await on.crash(counter({ revision: 3, factor: 100 }))
  await on.settled()
  expect(await total(on, 'k3')).toBe(100 * former)
  expect(await on.store('watch').generations('totals')).toMatchObject([{ revision: 3, status: 'live' }])
})

test('only one rebuild of a projection runs, and only what has a log can be rebuilt', async () => {
  const on = await stage(counter(), small)
  await add(on, 300)
  await on.settled()
  await on.service('watch').rebuild('totals')
  expect(await codeOf(on.service('watch').rebuild('totals'))).toBe('REBUILD_RUNNING')
  expect(await codeOf(on.service('watch').rebuild('nothing'))).toBe('UNIT_UNKNOWN')
  await on.settled()
  expect(await rebuildOf(on)).toMatchObject({ state: 'done' })
  expect(await on.service('watch').rebuild('totals')).toMatchObject({ state: 'running', generation: 3 })
})

test.each([
  ['before', false],
  ['after', true]
])('a swap that fails %s it was done is done once, and readers never see a gap', async (_, durable) => {
  const on = await stage(counter(), small)
  await add(on, 200)
  await on.settled()
  const before = await on.service('watch').rowsHash('totals')
  const fault = on.stores.failCall('watch', 'swapGeneration', {
    code: 'STORE_UNAVAILABLE',
    durable,
    times: durable ? 1 : 3
  })
  await on.service('watch').rebuild('totals')
  await on.until('the swap was tried', () => fault.fired > 0)
  await add(on, 20)
  await on.until('it is swapped', async () => (await rebuildOf(on))?.state === 'done')
  await on.settled()
  expect((await on.service('watch').rowsHash('totals')).rows).toBe(before.rows)
  const page = await on
    .service('watch')
    .query('totals', { filters: [], orderBy: 'key', descending: false, limit: 100 })
  expect(page.rows.reduce((sum, { data }) => sum + (data as { events: number }).events, 0)).toBe(220)
  expect(await on.service('watch').deadLetters.list({ limit: 10 })).toEqual([])
  expect(await on.service('watch').check()).toEqual([])
  await proveBalance(on.service('watch'))
})

test('a rebuild that could not begin is not under way, and the next one can', async () => {
  const on = await stage(counter(), small)
  await add(on, 200)
  await on.settled()
  const before = await on.service('watch').rowsHash('totals')
  on.stores.failCall('watch', 'addGeneration', { code: 'STORE_FULL' })
  expect(await codeOf(on.service('watch').rebuild('totals'))).toBe('STORE_FULL')
  expect(await rebuildOf(on)).toMatchObject({ state: 'failed', failure: expect.stringContaining('planned') })
  await on.service('watch').rebuild('totals')
  await on.settled()
  expect(await rebuildOf(on)).toMatchObject({ state: 'done' })
  expect(await on.service('watch').rowsHash('totals')).toEqual(before)
})

test('a rebuild after one that failed does not fold onto the rows of that one', async () => {
  const on = await stage(counter(), small)
  await add(on, 200)
  await on.settled()
  const before = await on.service('watch').rowsHash('totals')
  on.stores.failCall('watch', 'swapGeneration', { code: 'INTERNAL' })
  await on.service('watch').rebuild('totals')
  await on.until('it has failed', async () => (await rebuildOf(on))?.state === 'failed')
  await on.service('watch').rebuild('totals')
  await on.settled()
  expect(await rebuildOf(on)).toMatchObject({ state: 'done' })
  expect(await on.service('watch').rowsHash('totals')).toEqual(before)
})

test('what was parked for the former rows is folded into the new ones, and is parked no longer', async () => {
  let broken = true
  const fold = (amount: number): void => {
    if (broken && amount === 7) throw new Error('Seven.')
  }
  const on = await stage(counter({ fold }), small)
  await add(on, 100)
  await on.settled()
  const { deadLetters } = on.service('watch')
  expect(await deadLetters.list({ limit: 100, status: ['dead'] })).toHaveLength(1)
  broken = false
  await on.service('watch').rebuild('totals')
  await on.settled()
  expect(await deadLetters.list({ limit: 100 })).toEqual([])
  expect(await total(on, 'k6')).toBe(7 + 27 + 47 + 67 + 87)
  expect(await on.service('watch').check()).toEqual([])
  await proveBalance(on.service('watch'))
})
