import type { Comparison, Filter, Query } from '../ports/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { expectedRows, type ModelRow } from './store-query-model.ts'
import { boardRow, type StoreCase, type StoreStage } from './store-stage.ts'

const everything: Query = { filters: [], orderBy: 'key', descending: false, limit: 100 }
const comparisons: readonly Comparison[] = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte']

/** Values of every kind, each several times, with what trips up SQL, UTF-16 and floating point. */
const values: readonly unknown[] = [
  0,
  -1,
  1,
  1.5,
  -0.1,
  2 ** 53 - 1,
  -1e300,
  '',
  'a',
  'A',
  "it's",
  '"quoted"',
  '10',
  '9',
  '%',
  'é',
  '\uffee',
  '\u{1f6a2}',
  true,
  false,
  null,
  undefined,
  [1],
  { nested: 1 }
]

function manyRows(): readonly ModelRow[] {
  return values.flatMap((at, index) =>
    ['x', 'Y', 'z'].map((prefix, copy) => ({
      key: `${prefix}${(index * 7) % values.length}`,
      data: { ...(at === undefined ? {} : { at }), copy, 'the "other" field': `${copy % 2}` }
    }))
  )
}

async function stageRows(stage: StoreStage, rows: readonly ModelRow[]): Promise<void> {
  await stage.store.addGeneration('board', 1, 1, ['at', 'copy', 'the "other" field'], 'live')
  await stage.commit({ projections: rows.map(({ key, data }) => boardRow(key, data)) })
}

/** Reads all pages of a query and claims that each has a full page but the last. */
async function readPages(stage: StoreStage, query: Query): Promise<readonly ModelRow[]> {
  const all: ModelRow[] = []
  let cursor: string | undefined
  do {
    const page = await stage.store.query('board', 1, cursor === undefined ? query : { ...query, cursor })
    claim(page.rows.length <= query.limit, `a page of ${page.rows.length}, at most ${query.limit}`)
    claim(page.next === undefined || page.rows.length === query.limit, 'a page before the last is full')
    all.push(...page.rows)
    cursor = page.next
    claim(all.length < 10_000, 'the pages come to an end')
  } while (cursor !== undefined)
  return all
}

async function claimQuery(stage: StoreStage, rows: readonly ModelRow[], query: Query): Promise<number> {
  const due = expectedRows(rows, query)
  claimEqual(await readPages(stage, query), due, JSON.stringify(query))
  return due.length
}

/** What queries promise. */
export const storeQueryCases: readonly StoreCase[] = [
  [
    'every comparison with values of every kind gives the rows it should',
    async (stage) => {
      const rows = manyRows()
      await stageRows(stage, rows)
      let found = 0
      for (const value of values)
        for (const comparison of comparisons) {
          if (typeof value === 'object' || value === undefined) continue
          const filters: readonly Filter[] = [{ field: 'at', comparison, value: value as string }]
          found += await claimQuery(stage, rows, { ...everything, filters })
        }
      claim(found > 1_000, `the comparisons found ${found} rows`)
    }
  ],
  [
    'all filters must hold, on the key and on fields whose names need quoting',
    async (stage) => {
      const rows = manyRows()
      await stageRows(stage, rows)
      const other: Filter = { field: 'the "other" field', comparison: 'eq', value: '1' }
      const key: Filter = { field: 'key', comparison: 'gt', value: 'Y5' }
      const copy: Filter = { field: 'copy', comparison: 'lte', value: 1 }
      const at: Filter = { field: 'at', comparison: 'gte', value: '' }
      for (const filters of [[other], [key], [key, copy], [copy, at], [other, key, copy, at]])
        claim((await claimQuery(stage, rows, { ...everything, filters })) > 0, 'rows are found')
    }
  ],
  [
    'rows come in the order of a field, equal ones in the order of their keys, both ways and in any pages',
    async (stage) => {
      const rows = manyRows()
      await stageRows(stage, rows)
      for (const orderBy of ['key', 'at', 'copy', 'the "other" field'])
        for (const descending of [false, true])
          for (const limit of [1, 7, 1_000])
            claimEqual(
              await claimQuery(stage, rows, { filters: [], orderBy, descending, limit }),
              rows.length,
              'the rows'
            )
    }
  ],
  [
    'a filtered query may be ordered by another field and read in pages',
    async (stage) => {
      const rows = manyRows()
      await stageRows(stage, rows)
      const filters: readonly Filter[] = [{ field: 'copy', comparison: 'ne', value: 1 }]
      for (const orderBy of ['at', 'key', 'copy'])
        for (const descending of [false, true])
          claim((await claimQuery(stage, rows, { filters, orderBy, descending, limit: 5 })) > 5, 'many rows')
    }
  ],
  [
    'a cursor goes on behind its row when rows in front of it come and go',
    async (stage) => {
      const rows = Array.from({ length: 10 }, (_, index) => ({ key: `k${index}`, data: { at: 1 } }))
      await stageRows(stage, rows)
      const query: Query = { ...everything, orderBy: 'at', limit: 4 }
      const first = await stage.store.query('board', 1, query)
      claimEqual(
        first.rows.map((row) => row.key),
        ['k0', 'k1', 'k2', 'k3'],
        'the first page'
      )
      const changes = [boardRow('k3', null), boardRow('k0', null), boardRow('k00', { at: 1 })]
      await stage.commit({ projections: changes })
      const second = await stage.store.query('board', 1, { ...query, cursor: first.next as string })
      claimEqual(
        second.rows.map((row) => row.key),
        ['k4', 'k5', 'k6', 'k7'],
        'the second page'
      )
    }
  ],
  [
    'a row is found by its new values only, and not at all when it is removed',
    async (stage) => {
      await stageRows(stage, [{ key: 'a', data: { at: 1 } }])
      const found = async (value: number): Promise<number> => {
        const filters: readonly Filter[] = [{ field: 'at', comparison: 'eq', value }]
        return (await stage.store.query('board', 1, { ...everything, filters })).rows.length
      }
      await stage.commit({ projections: [boardRow('a', { at: 2 })] })
      claimEqual([await found(1), await found(2)], [0, 1], 'after a change')
      await stage.commit({ projections: [boardRow('a', null)] })
      claimEqual([await found(1), await found(2)], [0, 0], 'after removal')
    }
  ],
  [
    'no rows give an empty page that is the last',
    async (stage) => {
      await stageRows(stage, [])
      claimEqual(await stage.store.query('board', 1, everything), { rows: [] }, 'the page')
    }
  ],
  [
    'a field that is not declared, a limit or a cursor that cannot be is refused by name',
    async (stage) => {
      await stageRows(stage, [])
      const wrong: readonly Partial<Query>[] = [
        { orderBy: 'ship' },
        { orderBy: 'data' },
        { filters: [{ field: 'ship', comparison: 'eq', value: 1 }] },
        { filters: [{ field: 'at', comparison: 'like' as Comparison, value: 1 }] },
        { limit: 0 },
        { limit: 1.5 },
        { cursor: 'nonsense' },
        { cursor: '' }
      ]
      for (const each of wrong)
        await claimFails('QUERY_INVALID', JSON.stringify(each), () =>
          stage.store.query('board', 1, { ...everything, ...each })
        )
    }
  ]
]
