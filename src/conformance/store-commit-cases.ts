import type { Batch } from '../ports/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { batchOf, boardRow, moveOf, type StoreCase, type StoreStage, stateOf } from './store-stage.ts'

/** One of everything, so that whatever is left behind of a batch that failed is seen. */
function fullBatch(stage: StoreStage): Batch {
  return batchOf({
    log: [stage.row('Aurora'), stage.row('Borealis')],
    states: [stateOf('Aurora', { sequence: 1, lastPosition: { row: 0 } })],
    projections: [boardRow('Aurora', { at: 1 })],
    checkpoints: [moveOf(0, 3)],
    timers: [
      {
        unit: 'berth',
        key: 'Aurora',
        name: 'tide',
        dueMs: 5,
        correlationId: 'c',
        traceparent: 't'
      }
    ],
    parked: [
      {
        subscription: 'arrivals',
        key: 'Aurora',
        source: 'pilot',
        partition: 0,
        position: 2,
        status: 'dead',
        attempts: 5,
        dueMs: 0,
        failure: 'fog',
        parkedMs: 1,
        message: {}
      }
    ],
    answers: [{ idempotencyKey: 'request-1', fingerprint: 'f', outcome: { row: 1 }, timeMs: 1 }],
    audit: [{ timeMs: 1, action: 'edit', subject: '1', by: 'Ann', reason: 'typing error', details: {} }]
  })
}

async function everythingIn(stage: StoreStage): Promise<unknown> {
  const { store } = stage
  const logs = await Promise.all(
    Array.from({ length: stage.partitions }, (_, partition) => store.read(partition, 0, 100))
  )
  return {
    heads: await store.heads(),
    logs,
    states: [...(await store.states('berth', ['Aurora', 'Borealis']))],
    listed: await store.listStates('berth', '', 100),
    rows: [...(await store.rows('board', 1, ['Aurora', 'Borealis']))],
    checkpoints: await store.checkpoints('arrivals'),
    timers: await store.timers(100),
    parked: await store.parked({ limit: 100 }),
    answer: (await store.answer('request-1')) ?? null,
    audit: await store.audit(100)
  }
}

async function leavesNothing(stage: StoreStage, code: string, wrong: Batch): Promise<void> {
  await stage.store.addGeneration('board', 1, 1, [], 'live')
  await stage.commit({ states: [stateOf('Borealis')], checkpoints: [moveOf(0, 1, { partition: 1 })] })
  const before = await everythingIn(stage)
  await claimFails(code, 'a batch with one wrong part', () => stage.store.commit(wrong))
  claimEqual(await everythingIn(stage), before, 'what is there after a batch that failed')
  await stage.reopen()
  claimEqual(await everythingIn(stage), before, 'what is there after reopening')
  const committed = await stage.store.commit(fullBatch(stage))
  claimEqual(committed.positions, [1, 1], 'the positions of the next batch')
}

/** A batch that has one of everything and, behind what is right of its kind, these parts. */
function wrongWith(stage: StoreStage, parts: Partial<Batch>): Batch {
  const full = fullBatch(stage)
  const joined: Partial<Record<keyof Batch, readonly unknown[]>> = {}
  for (const [name, part] of Object.entries(parts)) {
    const field = name as keyof Batch
    joined[field] = [...full[field], ...part]
  }
  return { ...full, ...(joined as Partial<Batch>) }
}

/** What a commit promises. */
export const storeCommitCases: readonly StoreCase[] = [
  [
    'an empty batch is committed and changes nothing',
    async (stage) => {
      claimEqual(await stage.commit({}), { positions: [], parkedNumbers: [] }, 'the answer')
      claimEqual(await stage.store.heads(), Array(stage.partitions).fill(0), 'the heads')
    }
  ],
  [
    'one of everything is committed together and found again',
    async (stage) => {
      await stage.store.addGeneration('board', 1, 1, [], 'live')
      const committed = await stage.store.commit(fullBatch(stage))
      claimEqual(committed.positions, [1, 1], 'the positions')
      claim(committed.parkedNumbers.length === 1, 'one number for one parked message')
      const before = await everythingIn(stage)
      claimEqual(
        (await stage.store.states('berth', ['Aurora'])).get('Aurora')?.lastPosition,
        1,
        'its position'
      )
      await stage.reopen()
      claimEqual(await everythingIn(stage), before, 'what is there after reopening')
    }
  ],
  [
    'a state that is at another version, last in a batch, leaves nothing of the batch',
    (stage) =>
      leavesNothing(
        stage,
        'VERSION_CONFLICT',
        wrongWith(stage, { states: [stateOf('Borealis', { expected: 2, version: 3 })] })
      )
  ],
  [
    'a state that is there when none was expected leaves nothing of the batch',
    (stage) => leavesNothing(stage, 'VERSION_CONFLICT', wrongWith(stage, { states: [stateOf('Borealis')] }))
  ],
  [
    'a checkpoint that stands elsewhere leaves nothing of the batch',
    (stage) =>
      leavesNothing(
        stage,
        'CHECKPOINT_CONFLICT',
        wrongWith(stage, { checkpoints: [moveOf(0, 4, { partition: 1 })] })
      )
  ],
  [
    'an answer that is there already leaves nothing of the batch',
    (stage) => {
      const again = fullBatch(stage).answers
      return leavesNothing(stage, 'VERSION_CONFLICT', wrongWith(stage, { answers: again }))
    }
  ],
  [
    'a timer that is no longer due leaves nothing of the batch',
    (stage) => {
      const fired = { unit: 'berth', key: 'Aurora', name: 'dawn', dueMs: 'cancel', firedMs: 9 } as const
      const timers = [{ ...fired, correlationId: 'c', traceparent: 't' }]
      return leavesNothing(stage, 'VERSION_CONFLICT', wrongWith(stage, { timers }))
    }
  ],
  [
    'a parked message that is in another status leaves nothing of the batch',
    (stage) => {
      const expected = { status: 'dead', attempts: 1 } as const
      const change = { number: 77, expected, status: 'gone', attempts: 1, dueMs: 0, failure: '' } as const
      return leavesNothing(stage, 'VERSION_CONFLICT', wrongWith(stage, { parkedChanges: [change] }))
    }
  ],
  [
    'a row of a generation that is not there leaves nothing of the batch',
    (stage) =>
      leavesNothing(stage, 'UNIT_UNKNOWN', wrongWith(stage, { projections: [boardRow('Aurora', {}, 9)] }))
  ],
  [
    'a row for a partition that is not there leaves nothing of the batch',
    (stage) =>
      leavesNothing(
        stage,
        'PARTITION_UNKNOWN',
        wrongWith(stage, { log: [stage.row('Aurora', { partition: stage.partitions })] })
      )
  ],
  [
    'a position of a row that the batch has not leaves nothing of the batch',
    (stage) =>
      leavesNothing(
        stage,
        'POSITION_INVALID',
        wrongWith(stage, { log: [stage.row('Aurora', { previous: { row: 9 } })] })
      )
  ],
  [
    'data larger than the store says is refused by name and leaves nothing of the batch',
    (stage) => {
      const { messageMaxBytes } = stage.store.guarantees
      const data = 'x'.repeat(messageMaxBytes)
      return leavesNothing(
        stage,
        'MESSAGE_TOO_LARGE',
        wrongWith(stage, { log: [stage.row('Aurora', { data })] })
      )
    }
  ],
  [
    'data as large as the store says is taken and comes back',
    async (stage) => {
      const data = 'x'.repeat(stage.store.guarantees.messageMaxBytes - 2)
      await stage.commit({ log: [stage.row('Aurora', { data })] })
      const [row] = await stage.store.read(stage.partitionOf('Aurora'), 0, 10)
      claim(row?.data === data, 'the data comes back as it was')
    }
  ],
  [
    'a batch of 5,000 rows and states is committed as one',
    async (stage) => {
      const keys = Array.from({ length: 5_000 }, (_, index) => `ship-${index}`)
      const { positions } = await stage.commit({
        log: keys.map((key) => stage.row(key)),
        states: keys.map((key, row) => stateOf(key, { sequence: 1, lastPosition: { row } }))
      })
      claim(positions.length === keys.length, 'a position for each row')
      const states = await stage.store.states('berth', keys)
      claimEqual(
        keys.map((key) => states.get(key)?.lastPosition),
        positions,
        'the position in each state'
      )
    }
  ]
]
