import fc from 'fast-check'
import { expect } from 'vitest'
import { Failure } from '../../src/core/index.ts'
import type { LogRow, Query, Store } from '../../src/ports/index.ts'
import { byCodePoint, queryModel } from './query-model.ts'
import { StoreModel } from './store-model.ts'
import { batchOf, idempotencyKeys, indexes, keys, query, step, subscriptions } from './store-steps.ts'

const seen = { commits: 0, refused: 0, reopened: 0, crashed: 0, queries: 0, rows: 0 }

/** What a call gave: its result, or the code it failed with. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return (await call()) ?? null
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.code
    throw thrown
  }
}

function byName<Each>(values: readonly Each[]): readonly Each[] {
  return [...values].sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
}

/** All rows behind a position: a store may give fewer at a time than it is asked for, where they are large. */
async function readOn(store: Store, partition: number, after: number): Promise<readonly LogRow[]> {
  const rows: LogRow[] = []
  for (;;) {
    const page = await store.read(partition, after + rows.length, 100_000)
    if (page.length === 0) return rows
    rows.push(...page)
  }
}

async function compareLog(store: Store, { data }: StoreModel, from: number): Promise<void> {
  expect(await store.heads()).toEqual(data.logs.map((log) => log.length))
  for (const [partition, log] of data.logs.entries()) {
    const after = from % (log.length + 1)
    expect(await readOn(store, partition, after)).toEqual(log.slice(after))
    expect(await store.read(partition, after, 3)).toEqual(log.slice(after, after + 3))
    seen.rows += log.length - after
  }
}

async function compareStates(store: Store, model: StoreModel, upto: number): Promise<void> {
  const states = [...model.data.states.values()].sort((left, right) => byCodePoint(left.key, right.key))
  const withoutUnit = states.map(({ unit: _, ...state }) => state)
  expect(await store.listStates('berth', '', 100)).toEqual(withoutUnit)
  expect((await store.states('berth', keys)).size).toBe(states.length)
  for (const key of keys) {
    expect(await store.history('berth', key)).toEqual(model.history('berth', key, Number.MAX_SAFE_INTEGER))
    expect(await store.history('berth', key, upto)).toEqual(model.history('berth', key, upto))
  }
}

async function compareTables(store: Store, { data }: StoreModel): Promise<void> {
  for (const subscription of subscriptions) {
    const due = [...data.checkpoints.values()]
      .filter((each) => each.subscription === subscription)
      .map(({ subscription: _, ...each }) => each)
    expect(byName(await store.checkpoints(subscription))).toEqual(byName(due))
    const parked = [...data.parked.values()].filter((each) => each.subscription === subscription)
    expect(await store.parked({ subscription, limit: 1_000 })).toEqual(parked)
  }
  const timers = await store.timers(1_000)
  expect(timers.map((each) => each.dueMs)).toEqual(timers.map((each) => each.dueMs).sort((a, b) => a - b))
  expect(byName(timers)).toEqual(byName([...data.timers.values()]))
  expect(await store.timerCount()).toBe(data.timers.size)
  expect(await store.audit(1_000)).toEqual(data.audit)
  for (const key of idempotencyKeys) expect(await store.answer(key)).toEqual(data.answers.get(key))
}

async function compareRows(store: Store, model: StoreModel, asked: Query): Promise<void> {
  const generations = model.generationsOf('board')
  const plain = generations.map(({ rows: _, indexes: __, ...each }) => each)
  expect(byName(await store.generations('board'))).toEqual(byName(plain))
  for (const { generation, rows, indexes: declared } of generations) {
    expect(await store.rows('board', generation, keys)).toEqual(rows)
    expect((await store.rowsHash('board', generation)).rows).toBe(rows.size)
    const fields = [asked.orderBy, ...asked.filters.map((filter) => filter.field)]
    if (!fields.every((field) => field === 'key' || declared.includes(field))) continue
    const due = queryModel(rows, asked)
    const found: unknown[] = []
    let page = await store.query('board', generation, asked)
    for (;;) {
      found.push(...page.rows)
      if (page.next === undefined) break
      page = await store.query('board', generation, { ...asked, cursor: page.next })
    }
    expect(found).toEqual(due)
    seen.queries += found.length
  }
}

async function compare(store: Store, model: StoreModel, asked: Query, at: number): Promise<void> {
  await compareLog(store, model, at)
  await compareStates(store, model, at)
  await compareTables(store, model)
  await compareRows(store, model, asked)
}

type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never

/** New data for a store of `harbour` with two partitions. */
export interface CourseData {
  open(): Promise<Store>
  /** Leaves what a process that died would leave, and ends the store. */
  crash(store: Store): Promise<void>
}

/** The store and its model, side by side. */
class Pair {
  readonly model: StoreModel = new StoreModel('harbour', 2)
  readonly #data: CourseData
  store: Store | undefined

  constructor(data: CourseData) {
    this.#data = data
  }

  async open(): Promise<Store> {
    this.store = await this.#data.open()
    return this.store
  }

  async crash(): Promise<void> {
    if (this.store) await this.#data.crash(this.store)
    await this.open()
    seen.crashed += 1
  }

  async reopen(): Promise<void> {
    await this.store?.close()
    await this.open()
    seen.reopened += 1
  }

  async commit(each: Step & { do: 'commit' }): Promise<void> {
    const batch = batchOf(this.model, each.pieces)
    const given = await outcome(() => this.store?.commit(batch))
    const due = await outcome(() => this.model.commit(batch))
    if (typeof due === 'string') expect(typeof given).toBe('string')
    else expect(given).toEqual(due)
    seen.commits += 1
    if (typeof due === 'string') seen.refused += 1
  }

  async changeGeneration({ change, generation, indexed }: Step & { do: 'generation' }): Promise<void> {
    const { store, model } = this
    const declared = indexed ? indexes : []
    const calls = {
      add: [
        () => store?.addGeneration('board', generation, 1, declared, 'building'),
        () => model.addGeneration('board', generation, declared)
      ],
      swap: [
        () => store?.swapGeneration('board', generation),
        () => model.swapGeneration('board', generation)
      ],
      drop: [
        () => store?.dropGeneration('board', generation),
        () => model.dropGeneration('board', generation)
      ]
    } as const
    const [given, due] = calls[change]
    expect(await outcome(given)).toEqual(await outcome(due))
  }

  async run(each: Step): Promise<void> {
    if (each.do === 'reopen') await this.reopen()
    else if (each.do === 'crash') await this.crash()
    else if (each.do === 'commit') await this.commit(each)
    else await this.changeGeneration(each)
  }
}

/** What is done, and how often both are compared. */
interface Course {
  readonly steps: readonly Step[]
  readonly asked: Query
  readonly at: number
  readonly compareEvery: number
}

async function run(data: CourseData, { steps, asked, at, compareEvery }: Course): Promise<void> {
  const pair = new Pair(data)
  const store = await pair.open()
  await store.addGeneration('board', 1, 1, indexes, 'live')
  pair.model.addGeneration('board', 1, indexes)
  for (const [index, each] of steps.entries()) {
    await pair.run(each)
    if (pair.store && index % compareEvery === compareEvery - 1)
      await compare(pair.store, pair.model, asked, at)
  }
  const last = pair.store as Store
  await compare(last, pair.model, asked, at)
  expect(await last.check()).toEqual([])
  await compare(last, pair.model, asked, at)
  await last.close()
}

const course: fc.Arbitrary<Course> = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 30 }),
  asked: query,
  at: fc.nat(50),
  compareEvery: fc.constantFrom(1, 1, 3, 100)
})

/** Does random things to stores and to plain models beside them, and compares what both give. */
export async function runCourses(numRuns: number, newData: () => CourseData): Promise<void> {
  await fc.assert(
    fc.asyncProperty(course, (each) => run(newData(), each)),
    { numRuns, interruptAfterTimeLimit: 240_000, markInterruptAsFailure: true }
  )
  // Far less than is to be expected of random courses, and enough that none was for nothing.
  expect(seen.commits).toBeGreaterThan(numRuns * 4)
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(numRuns / 8)
}
