import { partitionOf } from '../core/index.ts'
import {
  logLine,
  recordLine,
  type Store,
  type StoreCopy,
  type StoreReader,
  type StoreRecord,
  storeTables
} from '../ports/index.ts'
import { claim } from './conformance-case.ts'
import type { CopyData } from './store-copy-suite.ts'
import { batchOf, boardRow, moveOf, rowOf, stateOf } from './store-stage.ts'

/** Keys in which an order of words, of UTF-16 units or a text without NUL would be seen. */
const keys = [
  '',
  'Z',
  'a',
  'ä',
  '\u0000',
  '\u0001',
  '\u0001\u0002',
  '\uffff',
  '\u{10000}',
  'ship 1',
  'ship-10'
]

/** So few at once that every table takes several pages. */
const pageSize = 3

async function fillLog(store: Store): Promise<void> {
  for (const [index, key] of keys.entries()) {
    const partition = partitionOf(key, store.partitions)
    const first = { partition, unit: 'berth', sequence: 1, data: { b: index, a: [key], 7: null } }
    const second = { ...first, sequence: 2, previous: { row: 0 }, kind: 'command' as const }
    const to = { service: 'pilot', key }
    const replyTo = { service: 'harbour', unit: 'berth', key, step: 'moor' }
    await store.commit(
      batchOf({
        log: [rowOf(key, first), rowOf(key, { ...second, to, replyTo, timeMs: 1_700_000_000_000.5 })],
        states: [stateOf(key, { version: 2, sequence: 2, lastPosition: { row: 1 }, data: { key, index } })],
        answers: [
          {
            idempotencyKey: `key-${key}`,
            fingerprint: key,
            outcome: index % 2 === 0 ? { row: 0 } : { refusal: { code: 'FULL', key } },
            timeMs: 1_700_000_000_000 + index
          }
        ],
        timers: [
          {
            unit: 'berth',
            key,
            name: 'tide',
            dueMs: 1_800_000_000_000 - index / 4,
            correlationId: key,
            traceparent: ''
          }
        ]
      })
    )
  }
}

async function fillRest(store: Store): Promise<void> {
  await store.addGeneration('board', 2, 5, ['berth', 'depth'], 'live')
  await store.addGeneration('board', 3, 6, [], 'building')
  await store.addGeneration('an"other', 1, 1, [], 'live')
  const rows = keys.map((key, index) => boardRow(key, { depth: index, berth: index % 2 === 0 }, 2))
  const parked = keys.map((key, index) => ({
    subscription: 'arrivals',
    key,
    source: 'pilot',
    partition: index % 2,
    position: index + 1,
    status: index === 0 ? ('dead' as const) : ('behind' as const),
    attempts: index,
    dueMs: 0.5,
    failure: `Stranded\u0000 ${key}`,
    parkedMs: index,
    message: { ...rowOf(key), service: 'pilot', position: index + 1 }
  }))
  const { parkedNumbers } = await store.commit(
    batchOf({
      projections: [...rows, boardRow('x', { is: 'new' }, 3)],
      parked,
      checkpoints: [moveOf(0, 9, { done: 4 }), moveOf(0, 2, { partition: 3 }), moveOf(0, 1, { source: 'a' })]
    })
  )
  const last = parkedNumbers.at(-1) ?? 0
  const expected = { status: 'behind' as const, attempts: keys.length - 1 }
  await store.commit(
    batchOf({
      // The newest number is given and gone: it must not be given again.
      parkedChanges: [{ number: last, expected, status: 'gone', attempts: 0, dueMs: 0, failure: '' }],
      audit: keys.map((key, index) => ({
        timeMs: index,
        action: 'redrive',
        subject: key,
        by: 'ada',
        reason: '',
        details: { key }
      }))
    })
  )
}

/** Puts something into every table of a store. */
export async function fillStore(store: Store): Promise<void> {
  await fillLog(store)
  await fillRest(store)
}

/** Copies the rows of the log that are not there yet. */
export async function copyLog(source: StoreReader, target: StoreCopy): Promise<void> {
  const there = await target.heads()
  for (const [partition, head] of (await source.heads()).entries())
    for (let after = there[partition] ?? 0; after < head; ) {
      const rows = await source.read(partition, after, pageSize)
      claim(rows.length > 0, 'a log has a row at each position up to its head')
      await target.appendLog(rows)
      after += rows.length
    }
}

/** Gives every record to `taken`, page by page, and checks that pages end and are not too long. */
async function eachPage(
  reader: StoreReader,
  taken: (page: readonly StoreRecord[]) => Promise<void>
): Promise<void> {
  for (const table of storeTables) {
    let after: StoreRecord | undefined
    for (let pages = 0; ; pages++) {
      const page = await reader.page(table, after, pageSize)
      after = page.at(-1)
      if (after === undefined) {
        // Records that one store keeps in a row together may make a longer page.
        claim(pages > 0, `there is something in ${table}`)
        break
      }
      claim(pages < 100, `the pages of ${table} end`)
      await taken(page)
    }
  }
}

/** Copies everything; the source is held, the target has begun. */
export async function copyAll(source: StoreReader, target: StoreCopy): Promise<void> {
  await copyLog(source, target)
  await target.clear('records')
  await eachPage(source, (page) => target.append(page))
}

/** Everything a place has, as lines. */
export async function linesOf(reader: StoreReader): Promise<readonly string[]> {
  const lines: string[] = []
  for (const [partition, head] of (await reader.heads()).entries())
    for (let after = 0; after < head; after++)
      lines.push(...(await reader.read(partition, after, 1)).map(logLine))
  await eachPage(reader, async (page) => {
    lines.push(...page.map(recordLine))
  })
  return lines
}

/** Runs a task with the copies of both places, and closes them. */
export async function withCopies<Result>(
  { source, target }: { readonly source: CopyData; readonly target: CopyData },
  task: (source: StoreCopy, target: StoreCopy) => Promise<Result>
): Promise<Result> {
  const copies = [await source.copy(), await target.copy()] as const
  try {
    return await task(...copies)
  } finally {
    for (const copy of copies) await copy.close()
  }
}

/** Opens a store, runs a task with it, and closes it. */
export async function withStore<Result>(
  data: CopyData,
  task: (store: Store) => Promise<Result>
): Promise<Result> {
  const store = await data.open()
  try {
    return await task(store)
  } finally {
    await store.close()
  }
}

/** Moves a store as a command does, from its first row to its last record. */
export async function moveAll(
  places: { readonly source: CopyData; readonly target: CopyData },
  move: string
): Promise<void> {
  await withCopies(places, async (source, target) => {
    await target.begin(move, 'the old place', (await source.heads()).length)
    await source.hold()
    await copyAll(source, target)
    await source.leave(move, 'the new place')
    await target.finish()
  })
}
