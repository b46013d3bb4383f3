import type { Batch, NewLogRow, Store } from '../../src/ports/index.ts'

/** What the writing program is told. */
export interface WriterOptions {
  readonly file: string
  readonly order: 'commit first' | 'acknowledge first'
  readonly commitsMax?: number
}

export const writerPartitions = 4
const others = ['Borealis', 'Cygnus', 'Draco', 'Electra']
/** Every so many commits one is large, so that it is under way for longer and the tail is moved to blocks. */
const largeEvery = 40
const largeRows = 400

function rowsIn(commit: number): number {
  return commit % largeEvery === 0 ? largeRows : others.length
}

/** Commit 1, 2, 3 ... of the writing program: one step of everything, so that a part of it shows. */
export function writerBatch(commit: number, partitionOf: (key: string) => number): Batch {
  const row = (key: string, index: number): NewLogRow => ({
    partition: partitionOf(key),
    kind: 'event',
    type: 'ShipMoored',
    version: 1,
    unit: 'berth',
    key,
    sequence: 0,
    previous: 0,
    timeMs: 1,
    correlationId: 'c',
    causationId: 'd',
    traceparent: 't',
    data: { commit, index, cargo: 'x'.repeat(200) }
  })
  const said: NewLogRow = { ...row('Aurora', 0), sequence: commit }
  const rest = Array.from({ length: rowsIn(commit) }, (_, index) =>
    row(others[index % others.length] ?? '', index)
  )
  return {
    log: [said, ...rest],
    states: [
      {
        unit: 'berth',
        key: 'Aurora',
        expected: commit - 1,
        version: commit,
        sequence: commit,
        lastPosition: { row: 0 },
        revision: 1,
        data: { commit }
      }
    ],
    projections: [],
    checkpoints: [
      { subscription: 'arrivals', source: 'pilot', partition: 0, from: commit - 1, to: commit, done: 1 }
    ],
    timers: [
      { unit: 'berth', key: 'Aurora', name: 'tide', dueMs: commit, correlationId: 'c', traceparent: 't' }
    ],
    parked: [],
    parkedChanges: [],
    answers: [{ idempotencyKey: `request-${commit}`, fingerprint: 'f', outcome: { row: 0 }, timeMs: commit }],
    audit: [],
    fences: [],
    touched: []
  }
}

/** What a store holds of the commits of the writing program: their number, and what is not whole. */
export async function readCommits(
  store: Store
): Promise<{ readonly commits: number; readonly torn: readonly string[] }> {
  const [state] = (await store.states('berth', ['Aurora'])).values()
  const commits = state?.version ?? 0
  const torn: string[] = []
  const expect = (what: string, found: unknown, due: unknown): void => {
    if (found !== due) torn.push(`${what}: ${found} in place of ${due}`)
  }
  const [checkpoint] = await store.checkpoints('arrivals')
  const [timer] = await store.timers(1)
  expect('checkpoint', checkpoint?.position ?? 0, commits)
  expect('done', checkpoint?.done ?? 0, commits)
  expect('timer', timer?.dueMs ?? 0, commits)
  expect('answer', (await store.answer(`request-${commits}`)) !== undefined, commits > 0)
  expect('next answer', await store.answer(`request-${commits + 1}`), undefined)
  const due = Array.from({ length: commits }, (_, index) => 1 + rowsIn(index + 1)).reduce(
    (sum, rows) => sum + rows,
    0
  )
  const heads = await store.heads()
  expect(
    'rows',
    heads.reduce((sum, head) => sum + head, 0),
    due
  )
  const seen = new Map<number, number>()
  for (const [partition, head] of heads.entries()) {
    const rows = await store.read(partition, 0, head)
    expect(`rows of ${partition}`, rows.length, head)
    for (const { data } of rows) {
      const { commit } = data as { readonly commit: number }
      seen.set(commit, (seen.get(commit) ?? 0) + 1)
    }
  }
  for (const [commit, rows] of seen) expect(`rows of commit ${commit}`, rows, 1 + rowsIn(commit))
  expect('commits in the log', seen.size, commits)
  return { commits, torn }
}
