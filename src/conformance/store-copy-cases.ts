import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { copyAll, copyLog, fillStore, linesOf, moveAll, withCopies, withStore } from './store-copy-stage.ts'
import type { CopyData } from './store-copy-suite.ts'
import { batchOf, rowOf, stateOf } from './store-stage.ts'

interface Places {
  readonly source: CopyData
  readonly target: CopyData
}

/** A named case on two empty places. */
export type StoreCopyCase = readonly [name: string, run: (places: Places) => Promise<void>]

async function filled(places: Places): Promise<void> {
  await withStore(places.source, fillStore)
}

async function goesOn({ target }: Places): Promise<void> {
  await withStore(target, async (store) => {
    claimEqual(await store.check(), [], 'what a check of the store finds')
    const heads = await store.heads()
    const known = (await store.states('berth', ['ship 1'])).get('ship 1')
    claimEqual(known?.version, 2, 'the version of a state')
    claimEqual((await store.history('berth', 'ship 1')).length, 2, 'the rows of its history')
    const deep = await store.query('board', 2, {
      filters: [{ field: 'depth', comparison: 'gte', value: 9 }],
      orderBy: 'depth',
      descending: true,
      limit: 10
    })
    claimEqual(
      deep.rows.map(({ key }) => key),
      ['ship-10', 'ship 1'],
      'what an index finds'
    )
    const parked = { subscription: 'arrivals', key: 'k', source: 'pilot', partition: 0, position: 30 }
    const waits = { status: 'pending' as const, attempts: 0, dueMs: 0, failure: '', parkedMs: 0 }
    const committed = await store.commit(
      batchOf({
        log: [rowOf('new')],
        states: [stateOf('ship 1', { expected: 2, version: 3 })],
        parked: [{ ...parked, ...waits, message: {} }],
        audit: [{ timeMs: 1, action: 'newest', subject: '', by: '', reason: '', details: null }]
      })
    )
    claimEqual(committed.positions, [(heads[0] ?? 0) + 1], 'the next position')
    claimEqual(committed.parkedNumbers, [12], 'the next number, of which eleven were given')
    claimEqual((await store.audit(1))[0]?.action, 'newest', 'the newest of the audit')
    await store.addGeneration('board', 4, 7, [], 'building')
    await store.swapGeneration('board', 4)
    claimEqual((await store.generations('board')).length, 1, 'generations after a swap')
  })
}

async function resumes(places: Places): Promise<void> {
  await filled(places)
  await withCopies(places, async (source, target) => {
    await target.begin('move-1', 'there', 4)
    await target.appendLog(await source.read(0, 0, 1))
    await target.append(await source.page('state', undefined, 2))
  })
  const message = await places.target.open().then(
    async (store) => store.close(),
    (thrown: unknown) => String(thrown)
  )
  claim(message?.includes('there'), `opening says from where it comes: ${message}`)
  await claimFails('STORE_MOVED', 'opening a copy that is not whole', () => places.target.open())
  await withCopies(places, async (source, target) => {
    claimEqual(await target.mark(), { kind: 'arriving', move: 'move-1', from: 'there' }, 'the mark')
    await target.begin('move-2', 'there', 4)
    claimEqual((await target.heads())[0], 1, 'the log that had arrived')
    claimEqual(((await target.mark()) as { readonly move?: string }).move, 'move-2', 'the name of the move')
    await copyAll(source, target)
    claimEqual(await linesOf(target), await linesOf(source), 'what arrived')
  })
}

async function refusesHoles(places: Places): Promise<void> {
  await filled(places)
  await withCopies(places, async (source, target) => {
    await target.begin('move-1', 'there', 4)
    const head = (await source.heads()).findIndex((position) => position > 2)
    const rows = await source.read(head, 0, 3)
    claimEqual(rows.length, 3, 'rows to append')
    await claimFails('POSITION_INVALID', 'a hole', () => target.appendLog(rows.slice(1)))
    await target.appendLog(rows.slice(0, 2))
    await target.appendLog(rows)
    await target.appendLog(rows.slice(0, 1))
    claimEqual((await target.heads())[head], 3, 'the head after rows that came twice')
    const states = await source.page('state', undefined, 2)
    for (const state of [...states, ...states]) await target.append([state])
    claimEqual(await target.page('state', undefined, 9), states, 'states that came twice')
    await target.clear('everything')
    claimEqual(await target.heads(), [0, 0, 0, 0], 'heads after all was cleared')
    claimEqual(await target.page('state', undefined, 9), [], 'states after all was cleared')
    await copyAll(source, target)
    claimEqual(await linesOf(target), await linesOf(source), 'what arrived then')
  })
}

/** Either a place that is open is not held, or what has it open cannot write any more. */
async function fences(places: Places): Promise<void> {
  await filled(places)
  await withStore(places.source, async (store) => {
    const source = await places.source.copy()
    try {
      const before = await store.heads()
      const held = await source.hold().then(
        () => true,
        (thrown: unknown) => {
          claimEqual((thrown as { readonly code?: unknown }).code, 'STORE_LOCKED', 'why it is not held')
          return false
        }
      )
      if (!held) return
      await source.leave('move-1', 'the new place')
      const late = await store.commit(batchOf({ log: [rowOf('late')] })).then(
        () => 'committed',
        () => 'refused'
      )
      claimEqual(late, 'refused', 'a commit after the data have left')
      claimEqual(await source.heads(), before, 'the heads')
    } finally {
      await source.close()
    }
  })
}

async function releases(places: Places): Promise<void> {
  await filled(places)
  const source = await places.source.copy()
  await source.hold()
  await source.close()
  await source.close()
  await withStore(places.source, async (store) => {
    claimEqual((await store.commit(batchOf({ log: [rowOf('on')] }))).positions.length, 1, 'a commit')
  })
}

async function readsBeside(places: Places): Promise<void> {
  await withStore(places.source, async (store) => {
    await fillStore(store)
    await withCopies(places, async (source, target) => {
      await target.begin('move-1', 'there', 4)
      for (let round = 1; round <= 40; round++) {
        const log = Array.from({ length: 60 }, (_, nth) => rowOf(`${round}-${nth}`, { partition: nth % 4 }))
        await store.commit(batchOf({ log }))
        if (round % 10 === 0) await copyLog(source, target)
      }
      claimEqual(await target.heads(), await store.heads(), 'the heads of log and copy')
      claimEqual(await target.read(1, 0, 500), await store.read(1, 0, 500), 'the rows of a partition')
    })
  })
}

async function goesBack({ source: first, target: second }: Places): Promise<void> {
  await withStore(first, fillStore)
  const before = await withCopies({ source: first, target: second }, (source) => linesOf(source))
  await moveAll({ source: first, target: second }, 'move-1')
  await claimFails('STORE_MOVED', 'opening what was left', () => first.open())
  await withStore(second, async (store) => {
    await store.commit(batchOf({ log: [rowOf('there')] }))
  })
  await moveAll({ source: second, target: first }, 'move-2')
  await claimFails('STORE_MOVED', 'opening what was left then', () => second.open())
  await withCopies({ source: first, target: second }, async (source, target) => {
    const after = await linesOf(source)
    claimEqual(
      after.filter((line) => !line.includes('"there"')),
      before,
      'what came back'
    )
    claimEqual(after.length, before.length + 1, 'with what happened meanwhile')
    claimEqual((await source.mark()).kind, 'store', 'the mark here')
    claimEqual(await target.mark(), { kind: 'gone', move: 'move-2', to: 'the new place' }, 'the mark there')
  })
  await moveAll({ source: first, target: second }, 'move-3')
  await goesOn({ source: first, target: second })
}

/** What copying promises. */
export const storeCopyCases: readonly StoreCopyCase[] = [
  [
    'a copy has every row and record of its source in the same order, and goes on from there as a store',
    async (places) => {
      await filled(places)
      const before = await withCopies(places, async (source) => {
        claimEqual(await source.check(), [], 'what a check of the source finds')
        return linesOf(source)
      })
      claim(before.length > 80, 'there is something to copy')
      await moveAll(places, 'move-1')
      claimEqual(await withCopies(places, (_, target) => linesOf(target)), before, 'what arrived')
      await goesOn(places)
    }
  ],
  ['a copy that is not whole is no store, and goes on where it was left', resumes],
  ['what comes twice is written once, and a log with a hole is refused', refusesHoles],
  ['after the data have left, nobody writes any more who had the source open', fences],
  ['a source that was only held is the store it was', releases],
  ['the log is read beside a store that commits, up to its newest row', readsBeside],
  ['data go there and back and there again, each time whole, and only one place is a store', goesBack],
  [
    'a place with a store takes no copy, and one without has nothing to give',
    async (places) => {
      await withCopies(places, async (source) => {
        claimEqual(await source.mark(), { kind: 'nothing' }, 'the mark of an empty place')
        await claimFails('STORE_UNAVAILABLE', 'the heads of an empty place', () => source.heads())
      })
      await filled(places)
      await withStore(places.target, fillStore)
      await withCopies(places, async (_, target) => {
        await claimFails('CONFIG_INVALID', 'a copy onto a store', () => target.begin('move-1', 'there', 4))
        claimEqual(await target.mark(), { kind: 'store' }, 'the mark of the store')
      })
      claimEqual(await withStore(places.target, (store) => store.check()), [], 'what a check finds')
    }
  ],
  [
    'two copies do not go to one place at once',
    async (places) => {
      await withCopies(places, async (_, target) => {
        await target.begin('move-1', 'there', 4)
        const other = await places.target.copy()
        try {
          await claimFails('STORE_LOCKED', 'a second copy', () => other.begin('move-2', 'there', 4))
        } finally {
          await other.close()
        }
      })
    }
  ]
]
