import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { batchOf, type StoreCase, type StoreStage, stateOf } from './store-stage.ts'

async function closeDuringCommits(stage: StoreStage): Promise<void> {
  const { store } = stage
  const commits = Array.from({ length: 20 }, (_, index) =>
    store.commit(batchOf({ log: [stage.row(`ship-${index}`, { partition: 0 })] })).then(
      ({ positions }) => positions[0] as number,
      (thrown: unknown) => {
        claim((thrown as { readonly code?: string }).code === 'STOPPING', String(thrown))
        return 0
      }
    )
  )
  await store.close()
  const acknowledged = (await Promise.all(commits)).filter((position) => position > 0)
  claim(acknowledged.length > 0, 'a commit under way is finished')
  const [head = 0] = await (await stage.reopen()).heads()
  claimEqual(acknowledged.length, head, 'what was acknowledged and what is there')
}

/** What opening and closing promise. */
export const storeLifetimeCases: readonly StoreCase[] = [
  ['closing waits for the commits under way and keeps what it acknowledged', closeDuringCommits],
  [
    'a closed store serves nothing, and may be closed again',
    async (stage) => {
      const { store } = stage
      await store.close()
      await store.close()
      await claimFails('STOPPING', 'commit', () => store.commit(batchOf({})))
      await claimFails('STOPPING', 'read', () => store.read(0, 0, 1))
      await claimFails('STOPPING', 'states', () => store.states('berth', ['a']))
    }
  ],
  [
    'a store says who it is and what it promises',
    async (stage) => {
      const { guarantees, service, partitions } = stage.store
      claimEqual([service, partitions], [stage.service, stage.partitions], 'service and partitions')
      claim(guarantees.name.length > 0, 'it has a name')
      claim(Number.isSafeInteger(guarantees.messageMaxBytes), 'it says how large a message may be')
      await stage.reopen()
      claimEqual(stage.store.guarantees, guarantees, 'what it promises after reopening')
    }
  ],
  [
    'a check of a store in order finds nothing wrong, also after reopening',
    async (stage) => {
      claimEqual(await stage.store.check(), [], 'of an empty store')
      await stage.store.addGeneration('board', 1, 1, ['at'], 'live')
      let last = 0
      for (let version = 1; version <= 300; version++) {
        const { positions } = await stage.commit({
          log: [stage.row('Aurora', { sequence: version, previous: last }), stage.row('Tug')],
          states: [
            stateOf('Aurora', {
              expected: version - 1,
              version,
              sequence: version,
              lastPosition: { row: 0 }
            })
          ],
          projections: [{ projection: 'board', generation: 1, key: `k${version % 7}`, data: { at: version } }]
        })
        last = positions[0] as number
      }
      claimEqual(await stage.store.check(), [], 'of a store with data')
      await stage.reopen()
      claimEqual(await stage.store.check(), [], 'after reopening')
      claimEqual((await stage.store.history('berth', 'Aurora')).length, 300, 'the history')
    }
  ]
]
