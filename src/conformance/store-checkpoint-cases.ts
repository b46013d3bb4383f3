import type { AuditWrite } from '../ports/index.ts'
import { claimEqual, claimFails } from './conformance-case.ts'
import { moveOf, type StoreCase } from './store-stage.ts'

/** What checkpoints, answers and the audit trail promise. */
export const storeCheckpointCases: readonly StoreCase[] = [
  [
    'a checkpoint moves only from where it stands',
    async (stage) => {
      await stage.commit({ checkpoints: [moveOf(0, 4)] })
      for (const from of [0, 3, 5])
        await claimFails('CHECKPOINT_CONFLICT', `at 4, from ${from}`, () =>
          stage.commit({ checkpoints: [moveOf(from, 9)] })
        )
      await stage.commit({ checkpoints: [moveOf(4, 6)] })
      const due = [{ source: 'pilot', partition: 0, position: 6, done: 6 }]
      claimEqual(await stage.store.checkpoints('arrivals'), due, 'the checkpoint')
    }
  ],
  [
    'a checkpoint that never moved stands at 0',
    async (stage) => {
      claimEqual(await stage.store.checkpoints('arrivals'), [], 'before the first move')
      await claimFails('CHECKPOINT_CONFLICT', 'from 1', () => stage.commit({ checkpoints: [moveOf(1, 2)] }))
      await stage.commit({ checkpoints: [moveOf(0, 0)] })
      await stage.commit({ checkpoints: [moveOf(0, 2)] })
      claimEqual((await stage.store.checkpoints('arrivals'))[0]?.position, 2, 'the position')
    }
  ],
  [
    'what is done adds up, also without a move',
    async (stage) => {
      await stage.commit({ checkpoints: [moveOf(0, 10, { done: 7 })] })
      await stage.commit({ checkpoints: [moveOf(10, 10, { done: 2 })] })
      await stage.commit({ checkpoints: [moveOf(10, 12, { done: 0 })] })
      const due = [{ source: 'pilot', partition: 0, position: 12, done: 9 }]
      claimEqual(await stage.store.checkpoints('arrivals'), due, 'the checkpoint')
    }
  ],
  [
    'checkpoints of subscriptions, sources and partitions are apart',
    async (stage) => {
      await stage.commit({
        checkpoints: [
          moveOf(0, 1),
          moveOf(0, 2, { partition: 1 }),
          moveOf(0, 3, { source: 'weather' }),
          moveOf(0, 4, { subscription: 'departures' })
        ]
      })
      await stage.reopen()
      const places = (await stage.store.checkpoints('arrivals')).map(
        ({ source, partition, position }) => `${source} ${partition} ${position}`
      )
      claimEqual([...places].sort(), ['pilot 0 1', 'pilot 1 2', 'weather 0 3'], 'those of arrivals')
      claimEqual((await stage.store.checkpoints('departures')).length, 1, 'those of departures')
      claimEqual(await stage.store.checkpoints('nobody'), [], 'those of nobody')
    }
  ],
  [
    'an answer points to the row of its batch, and is found by its key for ever',
    async (stage) => {
      const answer = { idempotencyKey: 'r-1', fingerprint: 'print', outcome: { row: 1 }, timeMs: 5 }
      await stage.commit({ log: [stage.row('a', { partition: 2 })] })
      await stage.commit({
        log: [stage.row('a', { partition: 1 }), stage.row('b', { partition: 2 })],
        answers: [answer]
      })
      const due = { fingerprint: 'print', outcome: { partition: 2, position: 2 } }
      claimEqual(await stage.store.answer('r-1'), due, 'the answer')
      await stage.reopen()
      claimEqual(await stage.store.answer('r-1'), due, 'the answer after reopening')
      claimEqual((await stage.store.answer('R-1')) ?? 'none', 'none', 'the answer to another key')
      await claimFails('VERSION_CONFLICT', 'the same key again', () =>
        stage.commit({ answers: [{ ...answer, outcome: { refusal: 1 } }] })
      )
      claimEqual(await stage.store.answer('r-1'), due, 'the answer after another try')
    }
  ],
  [
    'an answer keeps the refusal as it was',
    async (stage) => {
      const refusal = { code: 'too-late', reason: 'It has sailed.', details: { at: [1, null] } }
      await stage.commit({
        answers: [{ idempotencyKey: 'r-2', fingerprint: 'p', outcome: { refusal }, timeMs: 5 }]
      })
      claimEqual(await stage.store.answer('r-2'), { fingerprint: 'p', outcome: { refusal } }, 'the answer')
    }
  ],
  [
    'an answer to a row that the batch has not is refused by name',
    (stage) =>
      claimFails('POSITION_INVALID', 'row 0 of none', () =>
        stage.commit({
          answers: [{ idempotencyKey: 'r-3', fingerprint: 'p', outcome: { row: 0 }, timeMs: 5 }]
        })
      )
  ],
  [
    'the audit trail gives the newest first, at most as many as asked for',
    async (stage) => {
      const entry = (timeMs: number): AuditWrite => ({
        timeMs,
        action: 'discard',
        subject: 'dead letter 7',
        by: "O'Brien",
        reason: 'a "test"',
        details: { was: [timeMs] }
      })
      await stage.commit({ audit: [entry(30), entry(10)] })
      await stage.commit({ audit: [entry(20)] })
      await stage.reopen()
      claimEqual(await stage.store.audit(10), [entry(20), entry(10), entry(30)], 'all')
      claimEqual(await stage.store.audit(2), [entry(20), entry(10)], 'the newest two')
    }
  ]
]
