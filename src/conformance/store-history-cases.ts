import type { LogRow } from '../ports/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { type StoreCase, type StoreStage, stateOf } from './store-stage.ts'

function sequencesOf(rows: readonly LogRow[]): readonly number[] {
  return rows.map((row) => row.sequence)
}

/** Eleven rows of one key, one or two a commit, among rows of another key of the same partition. */
async function elevenAmongOthers(stage: StoreStage): Promise<readonly number[]> {
  const partition = stage.partitionOf('Aurora')
  const positions: number[] = []
  let version = 0
  while (positions.length < 11) {
    const { length } = positions
    const last = positions.at(-1) ?? 0
    const two = length % 3 === 0
    const other = stage.row(`other-${length}`, { partition, data: 'another key' })
    const one = stage.row('Aurora', { sequence: length + 1, previous: last, data: length + 1 })
    const next = stage.row('Aurora', { sequence: length + 2, previous: { row: 1 }, data: length + 2 })
    const log = two ? [other, one, next, other] : [other, one, other]
    const row = two ? 2 : 1
    const committed = await stage.commit({
      log,
      states: [
        stateOf('Aurora', {
          expected: version,
          version: version + 1,
          sequence: length + row,
          lastPosition: { row },
          data: length + row
        })
      ]
    })
    version += 1
    positions.push(...committed.positions.slice(1, row + 1))
  }
  return positions
}

/** What states and their histories promise. */
export const storeHistoryCases: readonly StoreCase[] = [
  [
    'the history of a key is what it said, oldest first, without what others said',
    async (stage) => {
      const positions = await elevenAmongOthers(stage)
      for (const when of ['', ' after reopening']) {
        const history = await stage.store.history('berth', 'Aurora')
        claimEqual(
          history.map((row) => row.position),
          positions,
          `the positions${when}`
        )
        claimEqual(
          history.map((row) => row.data),
          Array.from({ length: 11 }, (_, index) => index + 1),
          `the data${when}`
        )
        await stage.reopen()
      }
    }
  ],
  [
    'the history up to a past position ends there',
    async (stage) => {
      const positions = await elevenAmongOthers(stage)
      for (const [index, position] of positions.entries()) {
        const upTo = await stage.store.history('berth', 'Aurora', position)
        claimEqual(sequencesOf(upTo).length, index + 1, `the length up to ${position}`)
        const between = await stage.store.history('berth', 'Aurora', position - 1)
        const before = positions.filter((other) => other < position).length
        claimEqual(sequencesOf(between).length, before, `the length up to ${position - 1}`)
      }
      claimEqual(await stage.store.history('berth', 'Aurora', 0), [], 'the history up to nothing')
    }
  ],
  [
    'a key that said nothing has no history',
    async (stage) => {
      await stage.commit({ states: [stateOf('Silent')] })
      claimEqual(await stage.store.history('berth', 'Silent'), [], 'of a key with a state')
      claimEqual(await stage.store.history('berth', 'Nobody'), [], 'of a key without one')
      claimEqual(await stage.store.history('nothing', 'Silent'), [], 'of a unit without states')
    }
  ],
  [
    'a state moves from version to version, only from the one expected',
    async (stage) => {
      await stage.commit({ states: [stateOf('Aurora', { data: 'first' })] })
      await stage.commit({ states: [stateOf('Aurora', { expected: 1, version: 5, data: 'second' })] })
      for (const expected of [0, 1, 4, 6])
        await claimFails('VERSION_CONFLICT', `version 5, expected ${expected}`, () =>
          stage.commit({ states: [stateOf('Aurora', { expected, version: 9, data: 'wrong' })] })
        )
      const due = { version: 5, sequence: 0, lastPosition: 0, revision: 1, data: 'second' }
      claimEqual((await stage.store.states('berth', ['Aurora'])).get('Aurora'), due, 'the state')
    }
  ],
  [
    'of two overlapping commits on one version exactly one wins',
    async (stage) => {
      for (let version = 0; version < 20; version++) {
        const tries = ['a', 'b', 'c'].map((data) =>
          stage
            .commit({ states: [stateOf('Aurora', { expected: version, version: version + 1, data })] })
            .then(
              () => data,
              () => undefined
            )
        )
        const winners = (await Promise.all(tries)).filter((data) => data !== undefined)
        claimEqual(winners.length, 1, `the winners of version ${version}`)
        const state = (await stage.store.states('berth', ['Aurora'])).get('Aurora')
        claimEqual([state?.version, state?.data], [version + 1, winners[0]], 'the state')
      }
    }
  ],
  [
    'states are found by unit and key; keys without one are left out',
    async (stage) => {
      await stage.commit({
        states: [
          stateOf('Aurora', { revision: 3, sequence: 7, lastPosition: 9, data: { a: 1 } }),
          stateOf('Borealis', { data: null }),
          stateOf('Aurora', { unit: 'passage', data: [] })
        ]
      })
      const found = await stage.store.states('berth', ['Nobody', 'Borealis', 'Aurora', 'Aurora'])
      claimEqual([...found.keys()].sort(), ['Aurora', 'Borealis'], 'the keys')
      const due = { version: 1, sequence: 7, lastPosition: 9, revision: 3, data: { a: 1 } }
      claimEqual(found.get('Aurora'), due, 'a state')
      claimEqual(found.get('Borealis')?.data, null, 'a state that is null')
      const other = await stage.store.states('passage', ['Aurora', 'Borealis'])
      claimEqual(
        [...other.values()].map((state) => state.data),
        [[]],
        'the states of another unit'
      )
      claimEqual([...(await stage.store.states('berth', []))], [], 'no keys')
      const many = Array.from({ length: 3_000 }, (_, index) => `none-${index}`)
      claimEqual([...(await stage.store.states('berth', [...many, 'Aurora'])).keys()], ['Aurora'], 'of 3,001')
    }
  ],
  [
    'states are listed in the order of their keys, page by page',
    async (stage) => {
      const keys = Array.from({ length: 25 }, (_, index) => `ship-${(index * 7) % 25}`)
      await stage.commit({ states: keys.map((key) => stateOf(key, { data: key })) })
      await stage.commit({ states: keys.map((key) => stateOf(key, { unit: 'passage' })) })
      const seen: string[] = []
      for (;;) {
        const page = await stage.store.listStates('berth', seen.at(-1) ?? '', 10)
        if (page.length === 0) break
        claimEqual(
          page.map((state) => state.data),
          page.map((state) => state.key),
          'the data of each key'
        )
        seen.push(...page.map((state) => state.key))
        claim(seen.length <= keys.length, 'listing comes to an end')
      }
      claimEqual(seen, [...keys].sort(), 'the keys')
    }
  ]
]
