import type { Beat, BeatRequest, Fence, Leases, Store } from '../ports/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import type { LeaseStage } from './lease-stage.ts'
import { batchOf, boardRow, moveOf } from './store-stage.ts'

/** A named case on the open stores of one service. */
type LeaseCase = readonly [name: string, run: (stage: LeaseStage) => Promise<void>]

const names = ['arrivals', 'board', 'inbox', 'pilotage']
/** Long enough for any test on any machine. */
const longMs = 600_000

function leasesOf(store: Store): Leases {
  claim(store.leases, 'the store shares nothing')
  return store.leases
}

async function beat(store: Store, instance: string, more: Partial<BeatRequest> = {}): Promise<Beat> {
  return leasesOf(store).beat({ instance, ttlMs: longMs, names, released: [], ...more })
}

const heldBy = (told: Beat): readonly string[] => told.held.map(({ name }) => name).sort()

function fenceOf(told: Beat, lease: string): Fence {
  const held = told.held.find(({ name }) => name === lease)
  claim(held, `${lease} is not held`)
  return { lease, epoch: held.epoch }
}

/** Beats of all in turn, each doing as it is told, until nobody is told to give anything up. */
async function settle(
  stores: readonly Store[],
  instances: readonly string[]
): Promise<ReadonlyMap<string, Beat>> {
  const told = new Map<string, Beat>()
  for (let round = 0; round < 20; round++) {
    let moved = false
    for (const [index, instance] of instances.entries()) {
      const store = stores[index % stores.length] as Store
      const before = told.get(instance)
      const now = await beat(store, instance, { released: before?.surplus ?? [] })
      moved ||= now.surplus.length > 0 || heldBy(now).join() !== (before ? heldBy(before).join() : '')
      told.set(instance, now)
    }
    if (!moved) return told
  }
  throw new Error('leases go on moving')
}

function claimDealtOut(told: ReadonlyMap<string, Beat>, most: number): void {
  const all = [...told.values()].flatMap(heldBy).sort()
  claimEqual(all, names, 'all leases, each with one holder')
  for (const [instance, each] of told) claim(each.held.length <= most, `${instance} has ${each.held.length}`)
}

const sharing: readonly LeaseCase[] = [
  [
    'who is alone holds everything, and is told so again',
    async ({ stores: [store] }) => {
      const first = await beat(store, 'a')
      claimEqual(heldBy(first), names, 'held')
      claimEqual(first.surplus, [], 'the surplus')
      claimEqual((await beat(store, 'a')).held, first.held, 'held at the next beat')
    }
  ],
  [
    'several come to equal shares: by joining and by leaving, and then nothing moves',
    async ({ stores }) => {
      await beat(stores[0], 'a')
      claimDealtOut(await settle(stores, ['a', 'b']), 2)
      const four = await settle(stores, ['a', 'b', 'c', 'd'])
      claimDealtOut(four, 1)
      claimEqual([...(await settle(stores, ['a', 'b', 'c', 'd']))], [...four], 'later')
      for (const gone of ['c', 'd', 'b']) await leasesOf(stores[1]).leave(gone)
      claimDealtOut(await settle(stores, ['a']), 4)
    }
  ],
  [
    'a lease that only one can make use of falls to that one',
    async ({ stores: [store, other] }) => {
      await beat(store, 'a')
      const told = await beat(other, 'b', { names: ['customs'] })
      claimEqual(heldBy(told), ['customs'], 'held by the newer')
      claimEqual(heldBy(await beat(store, 'a')), names, 'held by the older')
    }
  ],
  [
    'what is given up goes to another, under the next epoch',
    async ({ stores: [store, other] }) => {
      const before = await beat(store, 'a')
      await beat(other, 'b')
      const { surplus } = await beat(store, 'a')
      claimEqual(surplus.length, 2, 'to be given up')
      claimEqual((await beat(other, 'b')).held, [], 'before they are given up')
      claim((await beat(store, 'a', { released: surplus })).held.length === 2, 'given up')
      const after = await beat(other, 'b')
      claimEqual(heldBy(after), [...surplus].sort(), 'taken')
      for (const name of surplus)
        claim(fenceOf(after, name).epoch > fenceOf(before, name).epoch, `${name} keeps its epoch`)
    }
  ],
  [
    'one that beats no more loses everything, but not before its time',
    async ({ stores: [store, other], until }) => {
      const before = await beat(store, 'a')
      await beat(store, 'a', { ttlMs: 300 })
      await until('all is taken over', async () => {
        const told = await beat(other, 'b')
        const alive = told.instances.some(({ id }) => id === 'a')
        claim(!alive || told.held.length === 0, 'it was taken from one that is alive')
        return told.held.length === names.length
      })
      const after = await beat(other, 'b')
      for (const name of names)
        claim(fenceOf(after, name).epoch > fenceOf(before, name).epoch, `${name} keeps its epoch`)
      claimEqual((await beat(store, 'a')).held, [], 'of the one that comes back')
    }
  ],
  [
    'one whose time has passed keeps what nobody took',
    async ({ stores: [store, other], until }) => {
      const before = await beat(store, 'a')
      await beat(store, 'a', { ttlMs: 1 })
      await until('its time has passed', async () => (await leasesOf(other).instances()).length === 0)
      claimEqual((await beat(store, 'a')).held, before.held, 'held under the same epochs')
    }
  ],
  [
    'of many that come at once each lease has one holder',
    async ({ stores }) => {
      const many = Array.from({ length: 12 }, (_, index) => `i${index}`)
      const told = await Promise.all(
        many.map((id, index) => beat(stores[index % stores.length] as Store, id))
      )
      const all = told.flatMap(heldBy)
      claimEqual([...new Set(all)].length, all.length, 'holders of one lease')
      claimDealtOut(await settle(stores, many), 1)
    }
  ],
  [
    'all that are alive are listed, the oldest first, with where they are and what they hold',
    async ({ stores: [store, other] }) => {
      await beat(store, 'zoe', { url: 'http://10.0.0.7:8080/ü', names: ['inbox'] })
      await beat(other, 'a\u0000b', { names: ['board'] })
      const listed = [
        { id: 'zoe', url: 'http://10.0.0.7:8080/ü', leases: ['inbox'] },
        { id: 'a\u0000b', leases: ['board'] }
      ]
      claimEqual(await leasesOf(other).instances(), listed, 'listed')
      claimEqual(
        (await beat(store, 'zoe', { names: ['inbox'] })).instances,
        [{ id: 'zoe', leases: ['inbox'] }, listed[1]],
        'told'
      )
      await leasesOf(other).leave('zoe')
      claimEqual(await leasesOf(store).instances(), listed.slice(1), 'after one has left')
    }
  ]
]

const move = moveOf(0, 2)

const fencing: readonly LeaseCase[] = [
  [
    'a commit with the fence of a lease that is held is written',
    async ({ stores: [store] }) => {
      const told = await beat(store, 'a')
      const fences = [fenceOf(told, 'inbox'), fenceOf(told, 'arrivals')]
      await store.commit(batchOf({ checkpoints: [move], fences }))
      claimEqual((await store.checkpoints('arrivals'))[0]?.position, 2, 'the checkpoint')
    }
  ],
  [
    'I18: a commit with one fence that does not hold writes nothing',
    async ({ stores: [store, other] }) => {
      const told = await beat(store, 'a')
      const right = fenceOf(told, 'inbox')
      const wrong: readonly Fence[] = [
        { lease: 'arrivals', epoch: fenceOf(told, 'arrivals').epoch + 1 },
        { lease: 'arrivals', epoch: 0 },
        { lease: 'unknown', epoch: 1 }
      ]
      for (const fence of wrong)
        await claimFails('LEASE_LOST', JSON.stringify(fence), () =>
          store.commit(batchOf({ checkpoints: [move], fences: [right, fence] }))
        )
      claimEqual(await other.checkpoints('arrivals'), [], 'the checkpoint')
    }
  ],
  [
    'I18: who was taken over cannot commit any more, and neither can who gave it up',
    async ({ stores: [store, other], until }) => {
      const before = await beat(store, 'a')
      await beat(store, 'a', { ttlMs: 1 })
      const fences = [fenceOf(before, 'arrivals')]
      await until('it is taken over', async () => heldBy(await beat(other, 'b')).includes('arrivals'))
      const late = (): Promise<unknown> => store.commit(batchOf({ checkpoints: [move], fences }))
      await claimFails('LEASE_LOST', 'taken over', late)
      const now = await beat(other, 'b')
      await other.commit(batchOf({ checkpoints: [move], fences: [fenceOf(now, 'arrivals')] }))
      await beat(other, 'b', { released: ['arrivals'], names: [] })
      const given = [fenceOf(now, 'arrivals')]
      await claimFails('LEASE_LOST', 'given up', () =>
        other.commit(batchOf({ checkpoints: [moveOf(2, 3)], fences: given }))
      )
      claimEqual((await store.checkpoints('arrivals'))[0]?.position, 2, 'the checkpoint')
    }
  ],
  [
    'I18: generations change only under a lease that is held, when one is named',
    async ({ stores: [store] }) => {
      const fence = fenceOf(await beat(store, 'a'), 'board')
      const former = { ...fence, epoch: fence.epoch - 1 }
      await store.addGeneration('board', 1, 1, [], 'live')
      await store.addGeneration('board', 2, 1, [], 'building')
      await store.commit(batchOf({ projections: [boardRow('a', 1), boardRow('a', 2, 2)] }))
      await claimFails('LEASE_LOST', 'adding', () =>
        store.addGeneration('board', 3, 1, [], 'building', former)
      )
      await claimFails('LEASE_LOST', 'dropping', () => store.dropGeneration('board', 2, former))
      await claimFails('LEASE_LOST', 'swapping', () => store.swapGeneration('board', 2, former))
      claimEqual([...(await store.rows('board', 1, ['a'])).values()], [1], 'what serves')
      await store.swapGeneration('board', 2, fence)
      await store.addGeneration('board', 3, 1, [], 'building', fence)
      await store.dropGeneration('board', 3, fence)
      claimEqual([...(await store.rows('board', 2, ['a'])).values()], [2], 'what serves then')
    }
  ],
  [
    'a holder hears that something of its lease was changed by another, once it is committed',
    async ({ stores: [store, other] }) => {
      const changes = async (name: string): Promise<number | undefined> =>
        (await beat(store, 'a')).held.find((held) => held.name === name)?.changes
      const [board, inbox] = [await changes('board'), await changes('inbox')]
      await other.commit(batchOf({ touched: ['board', 'unknown'] }))
      claim((await changes('board')) !== board, 'board was not touched')
      claimEqual(await changes('inbox'), inbox, 'what was not touched')
      const touched = await changes('board')
      const fences = [{ lease: 'board', epoch: 0 }]
      await claimFails('LEASE_LOST', 'a commit', () => other.commit(batchOf({ touched: ['board'], fences })))
      claimEqual(await changes('board'), touched, 'after a commit that failed')
    }
  ]
]

/** What leases promise. */
export const leaseCases: readonly LeaseCase[] = [...sharing, ...fencing]
