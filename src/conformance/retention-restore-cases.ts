import { canonicalJson } from '../core/index.ts'
import type { LogRow } from '../ports/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { given, oldestOf, type RetentionCase, type RetentionStage, rowsOf } from './retention-stage.ts'

/** Fills and archives two ranges, with something said behind them; gives their rows. */
async function twoArchived(
  stage: RetentionStage
): Promise<{ readonly middle: number; readonly rows: readonly [readonly LogRow[], readonly LogRow[]] }> {
  const [, second] = await stage.fill(2)
  claim(second, 'two ranges are full')
  await stage.fillTo(stage.all(second.last + 3))
  await stage.allAtHeads()
  return { middle: second.first, rows: [await stage.archiveOldest(), await stage.archiveOldest()] }
}

/** What putting back does. */
export const retentionRestoreCases: readonly RetentionCase[] = [
  [
    'ranges that were archived come back from the newest on, and read and hash as before',
    async (stage) => {
      const { middle, rows } = await twoArchived(stage)
      const [first, second] = rows
      await stage.reopen()
      const { retention } = stage
      const starts = async (): Promise<readonly number[]> =>
        (await retention.archived()).map((range) => range.first)
      claimEqual(await starts(), [1, middle], 'what is archived, the oldest first')
      const hashes = (await retention.archived()).map(({ hash }) => hash)
      for (const from of [1, 2, middle + 1, middle * 2])
        await stage.claimKept(`${from} is not the newest`, () => retention.restore(from, given(first), 'ada'))

      await retention.restore(middle, given(second), 'bob')
      claimEqual(await starts(), [1], 'what is archived then')
      claimEqual(await stage.store.firstPosition?.(), middle, 'the first position')
      claimEqual((await stage.copyOfOldest()).copy.hash, hashes[1], 'the hash of the newest')
      await retention.restore(1, given(first), 'bob')
      await stage.reopen()
      claimEqual(await stage.retention.archived(), [], 'what is archived in the end')
      claimEqual(await stage.store.firstPosition?.(), 1, 'the first position in the end')
      claimEqual((await stage.copyOfOldest()).copy.hash, hashes[0], 'the hash of the oldest')
      const last = (second.at(-1) as LogRow).position
      claimEqual(await rowsOf(stage.store, { first: 1, last: middle - 1 }), first, 'the oldest rows')
      claimEqual(await rowsOf(stage.store, { first: middle, last }), second, 'the rows behind them')
      claimEqual(await stage.store.check(), [], 'what the check finds')
      const deeds = (await stage.store.audit(10)).map(({ by }) => by)
      claimEqual(deeds, ['bob', 'bob', 'ada', 'ada'], 'who did what, the newest first')
      claim(canonicalJson(await stage.store.audit(2)).includes(`${middle}`), 'the audit names the ranges')
    }
  ],
  [
    'what is put back must be what was archived, row by row and in order',
    async (stage) => {
      await stage.fill(1)
      await stage.allAtHeads()
      const rows = await stage.archiveOldest()
      const wrong: readonly (readonly LogRow[])[] = [
        rows.map((row, index) => (index === 7 ? { ...row, data: 'another' } : row)),
        rows.slice(1),
        rows.slice(0, -1),
        [...rows, ...rows.slice(0, 1)],
        rows.toReversed(),
        []
      ]
      for (const [index, one] of wrong.entries()) {
        await stage.claimKept(`other rows, ${index}`, () => stage.retention.restore(1, given(one), 'ada'))
        await claimFails('LOG_ARCHIVED', 'a read', () => stage.store.read(0, 0, 1))
      }
      await stage.retention.restore(1, given(rows), 'ada')
      claimEqual(await stage.store.check(), [], 'what the check finds')
    }
  ],
  [
    'rows that cannot all be given are not put back, and may be given again',
    async (stage) => {
      await stage.fill(1)
      await stage.allAtHeads()
      const rows = await stage.archiveOldest()
      let broken = 0
      const breaking = async function* (): AsyncIterable<LogRow> {
        yield* rows.slice(0, 5)
        broken += 1
        throw new Error('The file ends here.')
      }
      const outcome = await stage.retention.restore(1, breaking, 'ada').then(
        () => 'put back',
        () => 'not put back'
      )
      claimEqual(outcome, 'not put back', 'rows that broke off')
      claim(broken > 0, 'the rows were asked for')
      claimEqual((await stage.retention.archived()).length, 1, 'what is archived')
      await claimFails('LOG_ARCHIVED', 'a read', () => stage.store.read(0, 0, 1))
      await stage.retention.restore(1, given(rows), 'ada')
      claimEqual(await rowsOf(stage.store, await oldestOf(stage.store)), rows, 'the rows')
    }
  ],
  [
    'nothing is put back where nothing is archived',
    async (stage) => {
      await stage.fill(1)
      await stage.allAtHeads()
      const { kept } = await stage.copyOfOldest()
      await stage.claimKept('nothing is archived', () => stage.retention.restore(1, given(kept), 'ada'))
      const rows = await stage.archiveOldest()
      await stage.retention.restore(1, given(rows), 'ada')
      await stage.claimKept('it is back already', () => stage.retention.restore(1, given(rows), 'ada'))
    }
  ],
  [
    'a range that is back leaves again, under the same conditions',
    async (stage) => {
      const [, second] = await stage.fill(2)
      await stage.allAtHeads('pier')
      const rows = await stage.archiveOldest()
      const [before] = await stage.retention.archived()
      await stage.retention.restore(1, given(rows), 'ada')
      await stage.acknowledge('pier', stage.all(1))
      await stage.claimHeld('pier', 'it reads what is back')
      await stage.acknowledge('pier', await stage.store.heads())
      await stage.claimLeaves('when all have it again')
      const [after] = await stage.retention.archived()
      claimEqual([after?.first, after?.hash], [before?.first, before?.hash], 'the range that is archived')
      claimEqual((await oldestOf(stage.store)).first, second?.first, 'the oldest range')
    }
  ]
]
