import { canonicalJson } from '../core/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { noNeeds, type RetentionCase, rowsOf } from './retention-stage.ts'
import { stateOf } from './store-stage.ts'

/** What archiving does. */
export const retentionArchiveCases: readonly RetentionCase[] = [
  [
    'what is archived is gone from the log, noted with its hash, and has a row in the audit',
    async (stage) => {
      const [{ first, last } = { first: 0, last: 0 }] = await stage.fill(2)
      await stage.allAtHeads()
      const heads = await stage.store.heads()
      const { copy } = await stage.copyOfOldest()
      await stage.retention.archive(copy, noNeeds, 'ada')
      const look = async (when: string): Promise<void> => {
        const [noted, ...others] = await stage.retention.archived()
        claim(noted && others.length === 0, `one range is noted ${when}`)
        const { archivedMs, ...rest } = noted
        claimEqual(rest, { ...copy, by: 'ada' }, `the note ${when}`)
        claim(archivedMs > 1_500_000_000_000 && archivedMs < 10_000_000_000_000, 'when it was archived')
        const [audited, ...deeds] = await stage.store.audit(10)
        claim(audited && deeds.length === 0, `one row of the audit ${when}`)
        claimEqual(audited.by, 'ada', 'who has done it')
        claim(canonicalJson(audited).includes(`${first}`), 'the audit names the range')
        claimEqual((await stage.retention.ranges())[0]?.first, last + 1, `the oldest range ${when}`)
        claimEqual(await stage.store.firstPosition?.(), last + 1, `the first position ${when}`)
        claimEqual(await stage.store.heads(), heads, `the heads ${when}`)
        claimEqual(await stage.store.check(), [], `what the check finds ${when}`)
      }
      await look('at once')
      await stage.reopen()
      await look('after reopening')
    }
  ],
  [
    'who reads what is archived is told so, and what is behind it reads and goes on as before',
    async (stage) => {
      const [{ last } = { last: 0 }, next = { first: 0, last: 0 }] = await stage.fill(2)
      await stage.allAtHeads()
      const before = await rowsOf(stage.store, next)
      await stage.archiveOldest()
      for (let partition = 0; partition < stage.partitions; partition++) {
        for (const after of [0, 1, last - 1])
          await claimFails('LOG_ARCHIVED', `reading ${partition} behind ${after}`, () =>
            stage.store.read(partition, after, 10)
          )
        claimEqual((await stage.store.read(partition, last, 1))[0]?.position, last + 1, 'the first row')
      }
      claimEqual(await rowsOf(stage.store, next), before, 'the rows that are left')
      const { positions } = await stage.commit({ log: [stage.row('Aurora', { partition: 1 })] })
      claimEqual(positions, [next.last + 1], 'the next position')
    }
  ],
  [
    'a history that begins in what is archived is refused, and one behind it is told',
    async (stage) => {
      const said = async (key: string, sequence: number, previous: number): Promise<number> => {
        const { positions } = await stage.commit({
          log: [stage.row(key, { sequence, previous })],
          states: [
            stateOf(key, {
              expected: sequence - 1,
              version: sequence,
              sequence,
              lastPosition: { row: 0 }
            })
          ]
        })
        return positions[0] ?? 0
      }
      const first = await said('Aurora', 1, 0)
      await stage.fill(1)
      await said('Aurora', 2, first)
      await said('Tug', 1, 0)
      await stage.allAtHeads()
      claimEqual((await stage.store.history('berth', 'Aurora')).length, 2, 'the whole history')
      await stage.archiveOldest()
      await claimFails('LOG_ARCHIVED', 'the history', () => stage.store.history('berth', 'Aurora'))
      claimEqual((await stage.store.history('berth', 'Tug')).length, 1, 'the history of another')
      claimEqual((await stage.store.states('berth', ['Aurora'])).size, 1, 'its state')
    }
  ],
  [
    'a copy that is not of the oldest range, or not all of it, drops nothing',
    async (stage) => {
      const [, second] = await stage.fill(2)
      claim(second, 'two ranges are full')
      await stage.allAtHeads()
      const { copy } = await stage.copyOfOldest()
      const wrong = [
        { ...copy, rows: copy.rows - 1 },
        { ...copy, rows: copy.rows + 1 },
        { ...copy, rows: 0 },
        { ...copy, last: second.last },
        { ...copy, last: second.last, rows: 2 * copy.rows },
        { ...copy, last: copy.last - 1, rows: copy.rows - stage.partitions },
        { ...copy, first: second.first, last: second.last },
        { ...copy, first: 0 }
      ]
      for (const one of wrong)
        await stage.claimKept(`a copy of ${one.first} to ${one.last} with ${one.rows} rows`, () =>
          stage.retention.archive(one, noNeeds, 'ada')
        )
      await stage.claimLeaves('a copy of all of it')
    }
  ],
  [
    'of those who archive one range at once one does it, and the others leave the next one alone',
    async (stage) => {
      const [, second] = await stage.fill(2)
      await stage.allAtHeads()
      const { copy } = await stage.copyOfOldest()
      const tries = [1, 2, 3].map(() => stage.retention.archive(copy, noNeeds, 'ada'))
      const outcomes = await Promise.allSettled(tries)
      claimEqual(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'how many have done it')
      claimEqual((await stage.retention.archived()).length, 1, 'how many ranges are archived')
      claimEqual((await stage.store.audit(10)).length, 1, 'how many rows the audit has')
      claimEqual((await stage.retention.ranges())[0]?.first, second?.first, 'the oldest range')
    }
  ],
  [
    'commits, reads and what subscribers say go on while a range leaves',
    async (stage) => {
      const [, { last } = { last: 0 }] = await stage.fill(2)
      await stage.allAtHeads()
      const { copy } = await stage.copyOfOldest()
      const archiving = stage.retention.archive(copy, noNeeds, 'ada')
      const commits = Array.from({ length: 20 }, (_, index) =>
        stage.commit({ log: [stage.row('Aurora', { partition: 0, data: { index } })] })
      )
      const reads = [0, 1, 2, 3].map((partition) => stage.store.read(partition, copy.last, 5))
      const [committed, pages] = await Promise.all([
        Promise.all(commits),
        Promise.all(reads),
        archiving,
        stage.acknowledge('pier', stage.all(last))
      ])
      for (const [row] of pages) claimEqual(row?.position, copy.last + 1, 'what is read meanwhile')
      const positions = committed.map((one) => one.positions[0] ?? 0)
      const due = Array.from({ length: 20 }, (_, index) => last + index + 1)
      claimEqual(
        positions.toSorted((left, right) => left - right),
        due,
        'the positions'
      )
      claimEqual(await stage.store.firstPosition?.(), copy.last + 1, 'the first position')
      claimEqual((await stage.store.read(0, last, 100)).length, 20, 'the rows that were committed meanwhile')
    }
  ],
  [
    'I26: who comes with positions below what is archived is known, and holds all that is left',
    async (stage) => {
      await stage.fill(2)
      await stage.allAtHeads()
      await stage.archiveOldest()
      await stage.acknowledge('pier', stage.all(0))
      await stage.claimHeld('pier', 'it waits for what is archived')
    }
  ],
  [
    'a log of which everything said is archived takes what is said next',
    async (stage) => {
      const [{ last } = { last: 0 }] = await stage.fill(1)
      await stage.allAtHeads()
      await stage.claimLeaves('when all are at the end')
      await stage.reopen()
      claimEqual(await stage.store.heads(), stage.all(last), 'the heads')
      claimEqual(await stage.store.read(2, last, 10), [], 'what is behind the end')
      const { positions } = await stage.commit({ log: [stage.row('Aurora', { partition: 2 })] })
      claimEqual(positions, [last + 1], 'the next position')
      claimEqual((await stage.store.read(2, last, 10)).length, 1, 'the row')
      claimEqual(await stage.store.check(), [], 'what the check finds')
    }
  ]
]
