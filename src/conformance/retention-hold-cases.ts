import { claim, claimEqual } from './conformance-case.ts'
import { noNeeds, type RetentionCase } from './retention-stage.ts'
import { moveOf, stateOf } from './store-stage.ts'

/** What keeps a range from being archived. */
export const retentionHoldCases: readonly RetentionCase[] = [
  [
    'I26: nothing is archived before the service itself has said how far it is',
    async (stage) => {
      await stage.fill(1)
      await stage.claimHeld('harbour', 'nobody is known')
      await stage.acknowledge('pier', await stage.store.heads())
      await stage.claimHeld('harbour', 'only another is known')
      await stage.allAtHeads()
      await stage.claimLeaves('when the service has said so')
    }
  ],
  [
    'I26: nothing is archived above the position of anybody who is known, in any partition',
    async (stage) => {
      const [{ last } = { last: 0 }] = await stage.fill(2)
      await stage.allAtHeads('quay')
      for (const name of ['pier', 'harbour'])
        for (let partition = 0; partition < stage.partitions; partition++) {
          const positions = stage.all(last).with(partition, last - 1)
          await stage.acknowledge(name, positions)
          await stage.claimHeld(name, `${name} is at ${positions.join()}`)
          await stage.acknowledge(name, stage.all(last))
        }
      await stage.claimLeaves(`when all are at ${last}`)
      await stage.claimHeld('pier', 'the range above it')
    }
  ],
  [
    'I26: a subscriber that has gone back holds what it was beyond',
    async (stage) => {
      await stage.fill(1)
      await stage.allAtHeads('pier')
      claimEqual(await stage.retention.held(1, noNeeds), [], 'what is held when all are beyond it')
      await stage.acknowledge('pier', stage.all(0))
      await stage.claimHeld('pier', 'it reads from the beginning again')
    }
  ],
  [
    'I26: nothing is archived above a subscription of the service itself; where it has no checkpoint it is at 0',
    async (stage) => {
      const [{ last } = { last: 0 }] = await stage.fill(2)
      await stage.allAtHeads()
      const move = moveOf(0, last - 1, { subscription: 'berth', source: 'harbour' })
      await stage.commit({ checkpoints: [move] })
      await stage.claimHeld('harbour/berth', 'it is one row short in one partition')
      await stage.commit({ checkpoints: [{ ...move, from: last - 1, to: last, done: 1 }] })
      await stage.claimHeld('harbour/berth', 'it has nothing in the others')
      const others = [1, 2, 3].map((partition) => ({ ...move, partition, to: last, done: last }))
      await stage.commit({ checkpoints: others })
      await stage.reopen()
      await stage.claimLeaves('when it is beyond it everywhere')
    }
  ],
  [
    'a checkpoint in the log of another service holds nothing',
    async (stage) => {
      await stage.fill(1)
      await stage.allAtHeads()
      await stage.commit({ checkpoints: [moveOf(0, 1)] })
      await stage.claimLeaves('when only the log of another is read')
    }
  ],
  [
    'I26: nothing is archived before each reader that the needs name has said how far it is',
    async (stage) => {
      const [{ last } = { last: 0 }] = await stage.fill(1)
      await stage.allAtHeads('quay')
      const needs = { ...noNeeds, readers: ['quay', 'pier'] }
      await stage.claimHeld('pier', 'it has said nothing', needs)
      await stage.acknowledge('pier', stage.all(last - 1))
      await stage.claimHeld('pier', 'it is one row short', needs)
      await stage.acknowledge('pier', stage.all(last))
      await stage.claimLeaves('when it has all of it', needs)
    }
  ],
  [
    'nothing is archived while a projection is rebuilt, which may read from the beginning',
    async (stage) => {
      await stage.fill(2)
      await stage.allAtHeads()
      await stage.store.addGeneration('board', 1, 1, [], 'live')
      await stage.claimLeaves('when it only serves')
      await stage.store.addGeneration('board', 2, 1, [], 'building')
      await stage.claimHeld('board', 'a generation is being built')
      await stage.store.dropGeneration('board', 2)
      await stage.claimLeaves('when that is dropped')
    }
  ],
  [
    'nothing is archived while a state was folded by another revision than its machine has now',
    async (stage) => {
      await stage.fill(2)
      await stage.allAtHeads()
      const state = (unit: string, key: string, revision: number) => stateOf(key, { unit, revision })
      await stage.commit({
        states: [
          state('ship', 'k1', 1),
          state('ship', 'k2', 2),
          state('ship', 'k3', 1),
          state('tug', 'k1', 1)
        ]
      })
      const needs = (ship: number, tug: number) => ({
        ...noNeeds,
        machines: new Map(Object.entries({ ship, tug, buoy: 7 }))
      })
      for (const [ship, tug, ...due] of [
        [2, 1, 2, 0, 0],
        [1, 1, 1, 0, 0],
        [3, 2, 3, 1, 0]
      ] as const) {
        const others = await stage.retention.otherRevisions(needs(ship, tug).machines)
        const counted = ['ship', 'tug', 'buoy'].map((unit) => others.get(unit) ?? 0)
        claimEqual(counted, due, `states of other revisions than ${ship} and ${tug}`)
        await stage.claimHeld('ship', `the machines have ${ship} and ${tug}`, needs(ship, tug))
      }
      // A machine of which nobody says what it has now needs nothing.
      await stage.claimLeaves('nobody asks for a revision')
      const folded = { ...state('ship', 'k2', 1), expected: 1, version: 2 }
      await stage.commit({ states: [folded] })
      claimEqual((await stage.retention.otherRevisions(needs(1, 1).machines)).get('ship') ?? 0, 0, 'others')
      await stage.claimLeaves('when all were folded by this one', needs(1, 1))
    }
  ],
  [
    'of the oldest ranges those that are held are told, each with why, and those that can leave are left out',
    async (stage) => {
      const ranges = await stage.fill(3)
      const [first, second, third] = ranges.map(({ first: from, last }) => ({ first: from, last }))
      claim(first && second && third, 'three ranges are full')
      await stage.allAtHeads()
      await stage.acknowledge('pier', stage.all(third.last - 1))
      await stage.acknowledge('quay', stage.all(second.first))
      const told = async (count: number): Promise<readonly unknown[]> =>
        (await stage.retention.held(count, noNeeds)).map(({ first: from, last, reasons }) => {
          claim(
            reasons.every((reason) => reason.trim().length > 0),
            'each reason is a sentence'
          )
          const named = ['pier', 'quay', 'harbour'].filter((name) => reasons.join().includes(name))
          return { first: from, last, named }
        })
      const quayHolds = { ...second, named: ['quay'] }
      const bothHold = { ...third, named: ['pier', 'quay'] }
      claimEqual(await told(0), [], 'of none')
      claimEqual(await told(1), [], 'of the oldest')
      claimEqual(await told(2), [quayHolds], 'of the two oldest')
      claimEqual(await told(3), [quayHolds, bothHold], 'of the three oldest')
      await stage.archiveOldest()
      claimEqual(await told(2), [quayHolds, bothHold], 'of the two that are then the oldest')
    }
  ]
]
