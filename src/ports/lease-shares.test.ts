import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LeaseMember, leaseShare } from './index.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const ids = ['zoe', 'ann', 'bob', 'cid', 'dan']

/** Beats of all in some order, each doing as it is told at once; gives the holders when nothing moves any more. */
function settled(
  members: readonly LeaseMember[],
  start: ReadonlyMap<string, string>,
  order: readonly number[]
): { readonly holders: ReadonlyMap<string, string>; readonly moves: number } {
  const holders = new Map(start)
  let moves = 0
  for (let round = 0; round < 50; round++) {
    const before = JSON.stringify([...holders].sort())
    for (let index = 0; index < members.length; index++) {
      const { id } = members[((order[round % order.length] ?? 0) + index) % members.length] as LeaseMember
      const { take, surplus } = leaseShare(id, members, holders)
      for (const name of take) {
        expect(holders.has(name), `${name} is free`).toBe(false)
        holders.set(name, id)
      }
      for (const name of surplus) {
        expect(holders.get(name)).toBe(id)
        holders.delete(name)
        moves += 1
      }
    }
    if (JSON.stringify([...holders].sort()) === before) return { holders, moves }
  }
  throw new Error('leases go on moving')
}

const countOf = (holders: ReadonlyMap<string, string>, id: string): number =>
  [...holders.values()].filter((holder) => holder === id).length

const someNames = fc.subarray(names)
const someMembers = fc
  .tuple(fc.subarray(ids, { minLength: 1 }), fc.array(someNames, { minLength: 5, maxLength: 5 }))
  .map(([alive, offers]) => alive.map((id, index) => ({ id, names: offers[index] ?? [] })))

function someHolders(members: readonly LeaseMember[]): fc.Arbitrary<ReadonlyMap<string, string>> {
  const holderOf = fc.option(fc.constantFrom(...members.map(({ id }) => id)), { nil: undefined })
  return fc
    .array(holderOf, { minLength: names.length, maxLength: names.length })
    .map(
      (holders) =>
        new Map(
          holders.flatMap((holder, index) =>
            holder === undefined ? [] : [[names[index] as string, holder] as const]
          )
        )
    )
}

const start = someMembers.chain((members) =>
  fc.tuple(fc.constant(members), someHolders(members), fc.array(fc.nat(4), { minLength: 1 }))
)

test('from any beginning and in any order it comes to rest, and all that somebody can use is held', () => {
  let seen = 0
  fc.assert(
    fc.property(start, ([members, before, order]) => {
      const { holders } = settled(members, before, order)
      for (const name of names)
        if (members.some((member) => member.names.includes(name))) {
          seen += 1
          expect(holders.has(name)).toBe(true)
        }
    })
  )
  expect(seen).toBeGreaterThan(100)
})

test('where all can use everything the shares differ by one at most, and no lease moves that need not', () => {
  fc.assert(
    fc.property(start, ([some, before, order]) => {
      const members = some.map(({ id }) => ({ id, names }))
      const { holders, moves } = settled(members, before, order)
      const shares = members.map(({ id }) => countOf(holders, id))
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
      const most = Math.ceil(names.length / members.length)
      const tooMany = members.reduce((sum, { id }) => sum + Math.max(0, countOf(before, id) - most), 0)
      const least = Math.floor(names.length / members.length)
      const tooFew = members.reduce((sum, { id }) => sum + Math.max(0, least - countOf(before, id)), 0)
      expect(moves).toBeLessThanOrEqual(Math.max(tooMany, tooFew))
    })
  )
})

test('when one is gone, those who stay keep what they have', () => {
  const members = ids.slice(0, 3).map((id) => ({ id, names }))
  const { holders } = settled(members, new Map(), [0])
  const left = new Map([...holders].filter(([, holder]) => holder !== 'bob'))
  const after = settled(
    members.filter(({ id }) => id !== 'bob'),
    left,
    [1]
  )
  for (const [name, holder] of left) expect(after.holders.get(name)).toBe(holder)
  expect(after.moves).toBe(0)
})
