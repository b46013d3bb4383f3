import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { boardRow, moveOf, type StoreCase, type StoreStage } from './store-stage.ts'

async function statusesOf(stage: StoreStage): Promise<readonly string[]> {
  return (await stage.store.generations('board')).map(
    ({ generation, revision, status }) => `${generation} r${revision} ${status}`
  )
}

/** Generation 1 that serves and 2 that is being built, with rows, checkpoints and parked messages. */
async function twoGenerations(stage: StoreStage): Promise<void> {
  await stage.store.addGeneration('board', 1, 1, ['at'], 'live')
  await stage.store.addGeneration('board', 2, 4, [], 'building')
  const parked = (subscription: string) =>
    ({
      subscription,
      key: 'a',
      source: 'pilot',
      partition: 0,
      position: 1,
      status: 'dead',
      attempts: 1,
      dueMs: 0,
      failure: '',
      parkedMs: 0,
      message: {}
    }) as const
  const subscriptions = ['board', 'board@2', 'arrivals']
  await stage.commit({
    projections: [boardRow('a', { at: 1 }), boardRow('a', { at: 2 }, 2), boardRow('b', { at: 3 }, 2)],
    checkpoints: subscriptions.map((subscription) => moveOf(0, 5, { subscription })),
    parked: subscriptions.map(parked)
  })
}

async function subscriptionsLeft(stage: StoreStage): Promise<readonly string[]> {
  const left: string[] = []
  for (const subscription of ['board', 'board@2', 'arrivals']) {
    const checkpoints = await stage.store.checkpoints(subscription)
    const parked = await stage.store.parked({ subscription, limit: 10 })
    claim(checkpoints.length === parked.length, 'checkpoints and parked messages go together')
    if (checkpoints.length > 0) left.push(subscription)
  }
  return left
}

/** What generations of projections promise. */
export const storeGenerationCases: readonly StoreCase[] = [
  [
    'the first generation of a projection is live at once, the next as asked for',
    async (stage) => {
      claimEqual(await statusesOf(stage), [], 'the generations of none')
      await stage.store.addGeneration('board', 3, 2, [], 'building')
      await stage.store.addGeneration('board', 4, 2, [], 'building')
      await stage.store.addGeneration('other-board', 1, 9, [], 'live')
      await stage.reopen()
      claimEqual(await statusesOf(stage), ['3 r2 live', '4 r2 building'], 'the generations')
    }
  ],
  [
    'a generation that is there already is refused, and its rows stay',
    async (stage) => {
      await stage.store.addGeneration('board', 1, 1, [], 'live')
      await stage.commit({ projections: [boardRow('a', 1)] })
      await claimFails('VERSION_CONFLICT', 'the same again', () =>
        stage.store.addGeneration('board', 1, 2, [], 'building')
      )
      claimEqual([...(await stage.store.rows('board', 1, ['a']))], [['a', 1]], 'the rows')
      claimEqual(await statusesOf(stage), ['1 r1 live'], 'the generations')
    }
  ],
  [
    'rows of generations and of projections are apart',
    async (stage) => {
      await twoGenerations(stage)
      await stage.store.addGeneration('order', 1, 1, ['group', 'select'], 'live')
      await stage.commit({ projections: [{ projection: 'order', generation: 1, key: 'a', data: 'mine' }] })
      const row = async (projection: string, generation: number): Promise<unknown> =>
        (await stage.store.rows(projection, generation, ['a'])).get('a')
      claimEqual(
        [await row('board', 1), await row('board', 2), await row('order', 1)],
        [{ at: 1 }, { at: 2 }, 'mine'],
        'the rows of one key'
      )
    }
  ],
  [
    'a row is put, replaced and removed; writes of one key apply in their order',
    async (stage) => {
      await stage.store.addGeneration('board', 1, 1, ['at'], 'live')
      const rows = async (): Promise<unknown> => [
        ...(await stage.store.rows('board', 1, ['a', 'b', 'c', 'a']))
      ]
      await stage.commit({ projections: [boardRow('a', { at: 1 }), boardRow('b', { at: 1 })] })
      await stage.commit({ projections: [boardRow('a', { at: 2 }), boardRow('c', null)] })
      claimEqual(
        await rows(),
        [
          ['a', { at: 2 }],
          ['b', { at: 1 }]
        ],
        'after a change'
      )
      await stage.commit({
        projections: [boardRow('a', null), boardRow('b', null), boardRow('b', { at: 4 }), boardRow('c', 5)]
      })
      claimEqual(
        [...(await stage.store.rows('board', 1, ['b', 'c', 'a']))].sort(),
        [
          ['b', { at: 4 }],
          ['c', 5]
        ],
        'after removals'
      )
    }
  ],
  [
    'a swap makes one generation live and leaves nothing of the others',
    async (stage) => {
      await twoGenerations(stage)
      await stage.store.swapGeneration('board', 2)
      for (const when of ['', ' after reopening']) {
        claimEqual(await statusesOf(stage), ['2 r4 live'], `the generations${when}`)
        claimEqual(await subscriptionsLeft(stage), ['board@2', 'arrivals'], `the subscriptions${when}`)
        claimEqual((await stage.store.rowsHash('board', 2)).rows, 2, `the rows${when}`)
        await claimFails('UNIT_UNKNOWN', 'rows of the old one', () => stage.store.rows('board', 1, ['a']))
        await stage.reopen()
      }
      await stage.store.addGeneration('board', 1, 7, [], 'building')
      claimEqual((await stage.store.rowsHash('board', 1)).rows, 0, 'the rows of a new generation 1')
    }
  ],
  [
    'a generation that is dropped leaves nothing; the one that serves stays',
    async (stage) => {
      await twoGenerations(stage)
      await stage.store.dropGeneration('board', 2)
      claimEqual(await statusesOf(stage), ['1 r1 live'], 'the generations')
      claimEqual(await subscriptionsLeft(stage), ['board', 'arrivals'], 'the subscriptions')
      claimEqual([...(await stage.store.rows('board', 1, ['a']))], [['a', { at: 1 }]], 'the rows')
      await claimFails('REBUILD_IMPOSSIBLE', 'dropping the live one', () =>
        stage.store.dropGeneration('board', 1)
      )
      claimEqual(await statusesOf(stage), ['1 r1 live'], 'the generations')
    }
  ],
  [
    'a generation that is not there is refused by name',
    async (stage) => {
      await stage.store.addGeneration('board', 1, 1, [], 'live')
      const { store } = stage
      const query = { filters: [], orderBy: 'key', descending: false, limit: 1 }
      await claimFails('UNIT_UNKNOWN', 'swap', () => store.swapGeneration('board', 2))
      await claimFails('UNIT_UNKNOWN', 'drop', () => store.dropGeneration('board', 2))
      await claimFails('UNIT_UNKNOWN', 'rows', () => store.rows('board', 2, ['a']))
      await claimFails('UNIT_UNKNOWN', 'query', () => store.query('nothing', 1, query))
      await claimFails('UNIT_UNKNOWN', 'hash', () => store.rowsHash('board', 2))
      claimEqual(await statusesOf(stage), ['1 r1 live'], 'the generations')
    }
  ],
  [
    'equal rows give equal hashes, whatever their order and that of their fields; other rows do not',
    async (stage) => {
      await stage.store.addGeneration('board', 1, 1, [], 'live')
      await stage.store.addGeneration('board', 2, 1, ['at'], 'building')
      const empty = await stage.store.rowsHash('board', 1)
      await stage.commit({
        projections: [boardRow('a', { at: 1, by: { x: 1, y: [2] } }), boardRow('b', 'text')]
      })
      await stage.commit({ projections: [boardRow('b', 'text', 2)] })
      const half = await stage.store.rowsHash('board', 2)
      await stage.commit({ projections: [boardRow('a', { by: { y: [2], x: 1 }, at: 1 }, 2)] })
      const [first, second] = [await stage.store.rowsHash('board', 1), await stage.store.rowsHash('board', 2)]
      claimEqual(second, first, 'the hashes of equal rows')
      claimEqual([empty.rows, half.rows, first.rows], [0, 1, 2], 'the numbers of rows')
      const others = [
        [boardRow('a', { at: 2, by: { x: 1, y: [2] } }, 2)],
        [boardRow('a', null, 2), boardRow('c', { at: 1, by: { x: 1, y: [2] } }, 2)],
        [boardRow('c', null, 2), boardRow('b', null, 2)]
      ]
      const hashes = new Set([first.hash, half.hash])
      for (const projections of others) {
        await stage.commit({ projections })
        hashes.add((await stage.store.rowsHash('board', 2)).hash)
      }
      claimEqual(hashes.size, 5, 'different hashes of different rows')
      claimEqual(await stage.store.rowsHash('board', 2), empty, 'the hash of no rows')
    }
  ]
]
