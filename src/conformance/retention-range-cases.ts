import type { LogRange } from '../ports/index.ts'
import { claim, claimEqual } from './conformance-case.ts'
import { noNeeds, oldestOf, type RetentionCase } from './retention-stage.ts'

/** How many rows of a range there are when the partitions are at these heads. */
function rowsIn({ first, last }: LogRange, heads: readonly number[]): number {
  return heads.reduce((sum, head) => sum + Math.max(0, Math.min(head, last) - first + 1), 0)
}

/** What a store says of the ranges that it keeps. */
export const retentionRangeCases: readonly RetentionCase[] = [
  [
    'all of a new log is there, and its ranges are empty and open',
    async (stage) => {
      claimEqual(await stage.store.firstPosition?.(), 1, 'the first position')
      claimEqual(await stage.retention.archived(), [], 'what is archived')
      for (const range of await stage.retention.ranges()) {
        const { rows, firstMs, lastMs, closed } = range
        claimEqual({ rows, firstMs, lastMs, closed }, { rows: 0, closed: false }, `the range ${range.first}`)
      }
    }
  ],
  [
    'ranges are the log from its first position on, without a gap, the oldest first, and count their rows',
    async (stage) => {
      const [, { last } = { last: 0 }] = await stage.fill(2)
      const heads = [last + 2, last, last + 1, last]
      await stage.fillTo(heads)
      await stage.reopen()
      const ranges = await stage.retention.ranges()
      claim(ranges.length > 2, 'there are several ranges')
      let next = 1
      for (const range of ranges) {
        claimEqual(range.first, next, 'where a range begins')
        claim(range.last >= range.first, `${range.first} to ${range.last} is a range`)
        next = range.last + 1
        claimEqual(range.rows, rowsIn(range, heads), `the rows of ${range.first} to ${range.last}`)
        claim(range.bytes >= 0 && (range.rows === 0 || range.bytes > 0), 'what it takes of the disk')
        claimEqual(range.closed, range.last <= last, `whether ${range.first} to ${range.last} is closed`)
      }
      claim(next > Math.max(...heads), 'the ranges have all that was said')
    }
  ],
  [
    'a range has the earliest time of its first rows and the latest of its last',
    async (stage) => {
      const { last } = await oldestOf(stage.store)
      claim(last < 1_000, 'the opener gives ranges of few positions')
      const at = (partition: number, timeMs: number) => stage.row('Aurora', { partition, timeMs })
      await stage.commit({ log: [at(0, 2_000), at(1, 3_000), at(2, 1_000)] })
      const times = async (): Promise<readonly unknown[]> => {
        const { firstMs, lastMs } = await oldestOf(stage.store)
        return [firstMs, lastMs]
      }
      claimEqual(await times(), [1_000, 3_000], 'the times of one row in each partition')
      const positions = Array.from({ length: last - 1 }, (_, index) => index + 2)
      await stage.commit({ log: positions.map((position) => at(0, 10_000 + position)) })
      claimEqual(await times(), [1_000, 10_000 + last], 'the times when a partition has gone to the end')
      await stage.commit({ log: [at(0, 99_000)] })
      claimEqual(await times(), [1_000, 10_000 + last], 'the times when it has gone beyond it')
    }
  ],
  [
    'a range that some partition has not gone beyond is open, and is not archived',
    async (stage) => {
      const { first, last } = await oldestOf(stage.store)
      claim(last < 1_000, 'the opener gives ranges of few positions')
      for (const head of [0, last - 1]) {
        await stage.fillTo([last, last + 1, last, head])
        await stage.allAtHeads()
        const rows = 3 * last + head
        const { rows: counted, closed } = await oldestOf(stage.store)
        claimEqual([counted, closed], [rows, false], `the range with partition 3 at ${head}`)
        claimEqual((await stage.retention.held(1, noNeeds)).length, 1, 'what is held')
        const copy = { first, last, rows, hash: '' }
        await stage.claimKept(`partition 3 is at ${head}`, () =>
          stage.retention.archive(copy, noNeeds, 'ada')
        )
      }
      await stage.fillTo(stage.all(last))
      await stage.allAtHeads()
      claimEqual((await oldestOf(stage.store)).closed, true, 'a range that is full is closed')
      await stage.claimLeaves('when all have gone beyond it')
    }
  ]
]
