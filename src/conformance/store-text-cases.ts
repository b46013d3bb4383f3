import { canonicalJson } from '../core/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import { codePointOrder } from './store-query-model.ts'
import { boardRow, type StoreCase, type StoreStage, stateOf } from './store-stage.ts'

/** Keys that trip up quoting, patterns, prototypes, normalisation and UTF-16. */
const oddKeys: readonly string[] = [
  '__proto__',
  'constructor',
  "it's",
  '"quoted"',
  '`tick`',
  'a;DROP TABLE state;--',
  '%',
  '_',
  '\\',
  'a/b?c=d&e#f',
  ' leading and trailing ',
  'A',
  'a',
  '1',
  '01',
  '1.0',
  'null',
  'tab\tand\nline',
  'nul\u0000inside',
  'e\u0301',
  '\u00e9',
  '\u{1f6a2}',
  '\uffee',
  'x'.repeat(2_000)
]

/** Values that trip up JSON, numbers and prototypes. */
const oddValues: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  0.1,
  1e21,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  '',
  'line\nbreak \u2028 \u0000 \u{1f6a2}',
  'half \ud800 pair',
  [],
  {},
  [[[]], [null]],
  { '': 1, 'a b': { c: [] } },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')
]

async function oddValuesComeBack(stage: StoreStage): Promise<void> {
  await stage.store.addGeneration('board', 1, 1, ['value'], 'live')
  await stage.commit({
    log: oddValues.map((data) => stage.row('Aurora', { partition: 0, data })),
    states: oddValues.map((data, index) => stateOf(`s${index}`, { data })),
    projections: oddValues.flatMap((value, index) =>
      value === null ? [] : [boardRow(`r${index}`, value), boardRow(`w${index}`, { value })]
    )
  })
  for (const when of ['', ' after reopening']) {
    const rows = await stage.store.read(0, 0, 100)
    const states = await stage.store.states(
      'berth',
      oddValues.map((_, index) => `s${index}`)
    )
    const board = await stage.store.rows(
      'board',
      1,
      oddValues.flatMap((_, index) => [`r${index}`, `w${index}`])
    )
    for (const [index, value] of oddValues.entries()) {
      const what = `${canonicalJson(value)}${when}`
      claimEqual(rows[index]?.data, value, `in the log, ${what}`)
      claimEqual(states.get(`s${index}`)?.data, value, `in a state, ${what}`)
      if (value === null) continue
      claimEqual(board.get(`r${index}`), value, `as a row, ${what}`)
      claimEqual(board.get(`w${index}`), { value }, `in a row, ${what}`)
    }
    await stage.reopen()
  }
  claim(!('polluted' in {}), 'no prototype is changed')
}

/** What keys and values promise. */
export const storeTextCases: readonly StoreCase[] = [
  ['values come back equal from the log, from states and from rows', oddValuesComeBack],
  [
    'keys with odd characters are apart and come back as they were',
    async (stage) => {
      await stage.store.addGeneration('board', 1, 1, [], 'live')
      await stage.commit({
        log: oddKeys.map((key) => stage.row(key, { partition: 0 })),
        states: oddKeys.map((key) => stateOf(key, { data: key })),
        projections: oddKeys.map((key) => boardRow(key, key)),
        answers: oddKeys.map((key) => ({
          idempotencyKey: key,
          fingerprint: key,
          outcome: { refusal: key },
          timeMs: 1
        }))
      })
      await stage.reopen()
      const states = await stage.store.states('berth', oddKeys)
      const rows = await stage.store.rows('board', 1, oddKeys)
      claimEqual([states.size, rows.size], [oddKeys.length, oddKeys.length], 'the numbers of keys')
      for (const key of oddKeys) {
        claimEqual([states.get(key)?.data, rows.get(key)], [key, key], 'the values')
        claimEqual((await stage.store.answer(key))?.fingerprint, key, 'the answer')
      }
      claimEqual(
        (await stage.store.read(0, 0, 100)).map((row) => row.key),
        oddKeys,
        'the keys in the log'
      )
    }
  ],
  [
    'keys are ordered by code point, in states and in rows',
    async (stage) => {
      await stage.store.addGeneration('board', 1, 1, [], 'live')
      await stage.commit({
        states: oddKeys.map((key) => stateOf(key)),
        projections: oddKeys.map((key) => boardRow(key, 1))
      })
      const due = [...oddKeys].sort(codePointOrder)
      const listed = await stage.store.listStates('berth', '', 100)
      const query = { filters: [], orderBy: 'key', descending: false, limit: 100 }
      const page = await stage.store.query('board', 1, query)
      claimEqual(
        listed.map((state) => state.key),
        due,
        'the states'
      )
      claimEqual(
        page.rows.map((row) => row.key),
        due,
        'the rows'
      )
    }
  ],
  [
    'a key with half a surrogate pair is refused by name wherever it is written',
    async (stage) => {
      await stage.store.addGeneration('board', 1, 1, [], 'live')
      const key = 'half \ud800 pair'
      const timer = { unit: 'berth', key, name: 'tide', dueMs: 1, correlationId: 'c', traceparent: 't' }
      const parts = [
        { log: [stage.row(key, { partition: 0 })] },
        { states: [stateOf(key)] },
        { projections: [boardRow(key, 1)] },
        { timers: [timer] },
        { answers: [{ idempotencyKey: key, fingerprint: '', outcome: { refusal: 1 }, timeMs: 1 }] }
      ]
      for (const part of parts)
        await claimFails('KEY_INVALID', Object.keys(part).join(), () => stage.commit(part))
      const near = key.replace('\ud800', '\ufffd')
      await stage.commit({ states: [stateOf(near)], projections: [boardRow(near, 1)] })
      claimEqual((await stage.store.states('berth', [key])).size, 0, 'states of such a key')
      claimEqual((await stage.store.rows('board', 1, [key])).size, 0, 'rows of such a key')
      claimEqual((await stage.store.answer(key)) ?? 'none', 'none', 'the answer to such a key')
    }
  ]
]
