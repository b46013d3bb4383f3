import type { LogRow, NewLogRow } from '../ports/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { batchOf, type StoreCase, type StoreStage, stateOf } from './store-stage.ts'

/** A row as it must come back. */
function atPosition(stage: StoreStage, row: NewLogRow, position: number): LogRow {
  return { ...row, previous: row.previous as number, service: stage.service, position }
}

function positionsOf(rows: readonly LogRow[]): readonly number[] {
  return rows.map((row) => row.position)
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}

async function readAll(stage: StoreStage, partition: number, limit: number): Promise<readonly LogRow[]> {
  const all: LogRow[] = []
  for (;;) {
    const page = await stage.store.read(partition, all.length, limit)
    claim(page.length <= limit, `${page.length} rows where ${limit} were asked for`)
    if (page.length === 0) return all
    all.push(...page)
    claim(all.length < 10_000, 'reading comes to an end')
  }
}

/** Reads a partition while commits are under way, and claims that it never sees a hole or a row that changes. */
async function follow(stage: StoreStage, partition: number, last: number): Promise<void> {
  let seen = 0
  let reads = 0
  while (seen < last) {
    reads += 1
    claim(reads < 100_000, 'a reader comes to the end')
    const [head = 0] = (await stage.store.heads()).slice(partition)
    const rows = await stage.store.read(partition, seen, 7)
    claimEqual(positionsOf(rows), upTo(seen + rows.length).slice(seen), 'the positions that a reader sees')
    claim(head >= seen, 'a head does not go back')
    claim(rows.length > 0 || head <= seen || seen === last, 'a row below the head can be read')
    seen += rows.length
  }
}

const manyCommits = 60
const rowsEach = 5

async function overlap(stage: StoreStage): Promise<void> {
  const commits = Array.from({ length: manyCommits }, (_, commit) =>
    stage.store.commit(
      batchOf({
        log: Array.from({ length: rowsEach }, (_each, row) =>
          stage.row(`ship-${commit}`, { partition: row % 2, data: { commit, row } })
        )
      })
    )
  )
  const first = manyCommits * 3
  const second = manyCommits * 2
  const readers = [follow(stage, 0, first), follow(stage, 1, second)]
  const committed = await Promise.all(commits)
  await Promise.all(readers)
  for (const partition of [0, 1]) {
    const rows = await readAll(stage, partition, 100)
    claimEqual(positionsOf(rows), upTo(partition === 0 ? first : second), 'the positions')
    for (const { data, position } of rows) {
      const { commit, row } = data as { readonly commit: number; readonly row: number }
      claimEqual(committed[commit]?.positions[row], position, 'the position that the commit answered')
    }
  }
}

/** What the log promises. */
export const storeLogCases: readonly StoreCase[] = [
  [
    'positions of each partition are 1, 2, 3 in the order of the batch and of the commits',
    async (stage) => {
      const rows = (partitions: readonly number[]): readonly NewLogRow[] =>
        partitions.map((partition, index) => stage.row(`ship-${index}`, { partition }))
      claimEqual((await stage.commit({ log: rows([0, 1, 0, 0]) })).positions, [1, 1, 2, 3], 'the first batch')
      claimEqual(
        (await stage.commit({ log: rows([1, 2, 0, 1]) })).positions,
        [2, 1, 4, 3],
        'the second batch'
      )
      claimEqual((await stage.store.heads()).slice(0, 3), [4, 3, 1], 'the heads')
      await stage.reopen()
      claimEqual((await stage.store.heads()).slice(0, 3), [4, 3, 1], 'the heads after reopening')
      claimEqual((await stage.commit({ log: rows([0, 2]) })).positions, [5, 2], 'the batch after reopening')
    }
  ],
  [
    'there are as many heads as partitions, 0 where nothing is',
    async (stage) => {
      claim(stage.store.partitions === stage.partitions, 'the store has the partitions asked for')
      claimEqual(await stage.store.heads(), Array(stage.partitions).fill(0), 'the heads of an empty log')
      claimEqual(await stage.store.read(stage.partitions - 1, 0, 10), [], 'the rows of an empty log')
    }
  ],
  [
    'a row comes back with every field it was written with',
    async (stage) => {
      const plain = stage.row('Aurora', { partition: 1 })
      const command = stage.row('Aurora', {
        partition: 1,
        kind: 'command',
        type: 'MoorShip',
        version: 3,
        unit: 'passage',
        sequence: 12,
        previous: 1,
        timeMs: 1_234_567_890_123,
        to: { service: 'pilot', unit: 'boat', key: 'Tug' },
        replyTo: { service: 'harbour', unit: 'passage', key: 'Aurora', step: 'moor' },
        data: [1, 'two', null, { three: true }]
      })
      const refusal = stage.row('Aurora', {
        partition: 1,
        kind: 'refusal',
        sequence: 0,
        to: { service: 'pilot', key: 'Tug' },
        data: null
      })
      const reply = stage.row('Borealis', {
        partition: 1,
        replyTo: { ...command.replyTo, step: 'a' } as never
      })
      await stage.commit({ log: [plain, command, refusal, reply] })
      const due = [plain, command, refusal, reply].map((row, index) => atPosition(stage, row, index + 1))
      claimEqual(await stage.store.read(1, 0, 10), due, 'the rows')
      await stage.reopen()
      claimEqual(await stage.store.read(1, 0, 10), due, 'the rows after reopening')
    }
  ],
  [
    'a read gives the rows behind a position, in order, at most as many as asked for',
    async (stage) => {
      for (let commit = 0; commit < 30; commit++)
        await stage.commit({
          log: upTo(11).map((row) => stage.row('Aurora', { partition: row % 3, data: [commit, row] }))
        })
      for (const limit of [1, 7, 64, 1_000]) {
        const rows = await readAll(stage, 1, limit)
        claimEqual(positionsOf(rows), upTo(120), `the positions in pages of ${limit}`)
        claimEqual(
          rows.map((row) => (row.data as readonly number[])[0]),
          upTo(120).map((position) => Math.floor((position - 1) / 4)),
          `the commits in pages of ${limit}`
        )
      }
      claimEqual(positionsOf(await stage.store.read(1, 117, 10)), [118, 119, 120], 'the end')
      claimEqual(await stage.store.read(1, 120, 10), [], 'what is behind the end')
      claimEqual(await stage.store.read(1, 5_000, 10), [], 'what is far behind the end')
    }
  ],
  [
    'what was read once is the same for ever',
    async (stage) => {
      const rows: LogRow[][] = []
      for (let commit = 0; commit < 300; commit++) {
        await stage.commit({ log: [stage.row('Aurora', { partition: 0, data: { commit } })] })
        if (commit % 100 === 0) rows.push([...(await stage.store.read(0, 0, 1_000))])
      }
      await stage.reopen()
      const last = await stage.store.read(0, 0, 1_000)
      claim(rows.length === 3 && last.length === 300, 'as many rows as were committed')
      for (const seen of rows) claimEqual(last.slice(0, seen.length), seen, 'the rows seen earlier')
    }
  ],
  ['commits that overlap leave no hole, and no reader sees one', overlap],
  [
    'a partition or position that cannot be is refused by name',
    async (stage) => {
      const { store } = stage
      for (const partition of [-1, stage.partitions, 0.5, Number.NaN])
        await claimFails('PARTITION_UNKNOWN', `partition ${partition}`, () => store.read(partition, 0, 1))
      for (const after of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
        await claimFails('POSITION_INVALID', `position ${after}`, () => store.read(0, after, 1))
    }
  ],
  [
    'a position of the batch becomes that of its row, in rows and in states',
    async (stage) => {
      const partition = stage.partitionOf('Aurora')
      await stage.commit({ log: [stage.row('Tug', { partition }), stage.row('Tug', { partition })] })
      await stage.commit({
        log: [
          stage.row('Other', { partition: (partition + 1) % stage.partitions }),
          stage.row('Aurora', { sequence: 1 }),
          stage.row('Aurora', { sequence: 2, previous: { row: 1 } }),
          stage.row('Aurora', { sequence: 3, previous: { row: 2 } })
        ],
        states: [stateOf('Aurora', { sequence: 3, lastPosition: { row: 3 } })]
      })
      const rows = await stage.store.read(partition, 2, 10)
      claimEqual(
        rows.map((row) => row.previous),
        [0, 3, 4],
        'the previous positions'
      )
      claimEqual((await stage.store.states('berth', ['Aurora'])).get('Aurora')?.lastPosition, 5, 'the last')
    }
  ]
]
