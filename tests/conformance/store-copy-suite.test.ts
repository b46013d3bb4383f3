import { expect, test } from 'vitest'
import { type CopyOpener, storeCopyConformance } from '../../src/conformance/index.ts'
import type { LogRow, StoreCopy, StoreRecord } from '../../src/ports/index.ts'
import { sqlitePlace } from './copy-places.ts'

// A suite is worth what it catches: each of these copies breaks one promise, and some case must see that.

type Defect = (copy: StoreCopy) => Partial<StoreCopy>

const changing =
  (change: (record: StoreRecord) => StoreRecord | undefined): Defect =>
  (copy) => ({
    append: (records) =>
      copy.append(records.map(change).filter((record): record is StoreRecord => record !== undefined))
  })

const changingRows =
  (change: (row: LogRow) => LogRow): Defect =>
  (copy) => ({ appendLog: (rows) => copy.appendLog(rows.map(change)) })

const without = (table: StoreRecord['table']): Defect =>
  changing((record) => (record.table === table ? undefined : record))

const defects: Readonly<Record<string, Defect>> = {
  'states are left out': without('state'),
  'timers are left out': without('timer'),
  'the last number of a parked message is left out': without('number'),
  'the audit is left out': without('audit'),
  'a checkpoint has everything done': changing((record) =>
    record.table === 'checkpoint' ? { ...record, done: record.position } : record
  ),
  'every generation serves': changing((record) =>
    record.table === 'generation' ? { ...record, status: 'live' } : record
  ),
  'a generation has lost its indexes': changing((record) =>
    record.table === 'generation' ? { ...record, indexes: [] } : record
  ),
  'an answer has another time': changing((record) =>
    record.table === 'answer' ? { ...record, timeMs: 0 } : record
  ),
  'dead letters are alive': changing((record) =>
    record.table === 'parked' ? { ...record, status: 'pending' } : record
  ),
  'rows forget who waits for an answer': changingRows(({ replyTo: _, ...row }) => row),
  'rows have no chain': changingRows((row) => ({ ...row, previous: 0 })),
  'times are whole': changingRows((row) => ({ ...row, timeMs: Math.floor(row.timeMs) })),
  'what has begun is a store': (copy) => ({
    begin: async (move, from, partitions) => {
      await copy.begin(move, from, partitions)
      await copy.finish()
    }
  }),
  'what has left is a store': () => ({ leave: async () => undefined }),
  'what has arrived is no store': () => ({ finish: async () => undefined }),
  'what had arrived is forgotten': (copy) => ({
    begin: async (move, from, partitions) => {
      await copy.begin(move, from, partitions)
      await copy.clear('everything')
    }
  }),
  'nothing is cleared': () => ({ clear: async () => undefined }),
  'a store is copied over': (copy) => ({
    begin: async (move, from, partitions) => {
      if ((await copy.mark()).kind !== 'store') await copy.begin(move, from, partitions)
    }
  }),
  'holes are skipped': (copy) => ({
    appendLog: async (rows) => copy.appendLog(rows).catch(() => undefined)
  }),
  'pages skip a record': (copy) => ({
    page: async (table, after, limit) => (await copy.page(table, after, limit + 1)).slice(-limit)
  }),
  'what was held is held for ever': (copy) => {
    let isHeld = false
    return {
      hold: async () => {
        await copy.hold()
        isHeld = true
      },
      close: async () => (isHeld ? undefined : copy.close())
    }
  }
}

/** The copy with some of its methods replaced. */
function spoilt(copy: StoreCopy, defect: Defect): StoreCopy {
  const replaced = defect(copy) as Record<PropertyKey, unknown>
  return new Proxy(copy, {
    get(target, name) {
      const found: unknown = replaced[name] ?? Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    }
  })
}

function placeWith(defect: Defect, opened: StoreCopy[]): CopyOpener {
  return async (service) => {
    const data = await sqlitePlace(service)
    return {
      ...data,
      copy: async () => {
        const copy = await data.copy()
        opened.push(copy)
        return spoilt(copy, defect)
      },
      remove: async () => {
        for (const copy of opened.splice(0)) await copy.close()
        await data.remove()
      }
    }
  }
}

/** The first case that fails, by its name. */
async function firstCaught(defect: Defect): Promise<string | undefined> {
  const opened: StoreCopy[] = []
  const place = placeWith(defect, opened)
  for (const each of storeCopyConformance(place, place)) {
    const failed = await each.run().then(
      () => false,
      () => true
    )
    if (failed) return each.name
  }
  return undefined
}

test('a copy without a defect passes, as it does behind the same wrapping', async () => {
  expect(await firstCaught(() => ({}))).toBeUndefined()
}, 120_000)

test.each(Object.entries(defects))(
  'the suite catches it when %s',
  async (_, defect) => {
    expect(await firstCaught(defect)).toBeTypeOf('string')
  },
  120_000
)
