import fc from 'fast-check'
import { partitionOf } from '../../src/core/index.ts'
import type { Batch, Comparison, NewLogRow, ParkedMessage, Query, StateWrite } from '../../src/ports/index.ts'
import type { StoreModel } from './store-model.ts'

/** Keys, subscriptions and the like are few, so that steps meet. */
export const keys = ['a', 'b', 'C', '\u{1f6a2}', "it's"]
export const subscriptions = ['board', 'board@2', 'arrivals']
export const idempotencyKeys = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6']
export const indexes = ['at', 'by']

const key = fc.constantFrom(...keys)
const wrong = fc.integer({ min: 0, max: 19 }).map((roll) => roll === 0)
const value = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom('', 'x', 'Y', '\u{1f6a2}', '\uffee', true, false, null, 0.5)
)
const row = fc.record({ at: value, by: value }, { requiredKeys: [] })
const status = fc.constantFrom('pending' as const, 'retrying' as const, 'behind' as const, 'dead' as const)

const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      key,
      rows: fc.nat(3),
      data: fc.jsonValue(),
      wrong
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('bulk' as const), rows: fc.nat(400), size: fc.nat(3_000) })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      subscription: fc.constantFrom(...subscriptions),
      partition: fc.nat(1),
      by: fc.nat(5),
      wrong
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('timer' as const),
      key,
      name: fc.constantFrom('tide', 'fog'),
      dueMs: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant('cancel' as const)),
      fire: fc.boolean(),
      wrong
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('park' as const),
      subscription: fc.constantFrom(...subscriptions),
      key,
      status,
      attempts: fc.nat(2)
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      which: fc.nat(),
      status: fc.oneof(status, fc.constant('gone' as const)),
      attempts: fc.nat(2),
      edit: fc.boolean(),
      wrong
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      idempotencyKey: fc.constantFrom(...idempotencyKeys),
      refusal: fc.boolean()
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('audit' as const), by: fc.constantFrom('Ann', "O'Brien") })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      generation: fc.constantFrom(1, 1, 1, 1, 2),
      key,
      row: fc.oneof(row, value)
    })
  }
)

type Piece = typeof piece extends fc.Arbitrary<infer Each> ? Each : never

/** Something that is done to the store and to its model. */
export const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('commit' as const), pieces: fc.array(piece, { maxLength: 6 }) })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('generation' as const),
      change: fc.constantFrom('add' as const, 'swap' as const, 'drop' as const),
      generation: fc.integer({ min: 1, max: 2 }),
      indexed: fc.boolean()
    })
  }
)

/** A query whose fields may or may not be there. */
export const query: fc.Arbitrary<Query> = fc.record({
  filters: fc.array(
    fc.record({
      field: fc.constantFrom('key', 'at', 'by'),
      comparison: fc.constantFrom<Comparison>('eq', 'ne', 'lt', 'lte', 'gt', 'gte'),
      value: fc.constantFrom<string | number | boolean>(0, 1, -1, 0.5, '', 'x', 'a', true, false)
    }),
    { maxLength: 2 }
  ),
  orderBy: fc.constantFrom('key', 'at', 'by'),
  descending: fc.boolean(),
  limit: fc.integer({ min: 1, max: 4 })
})

const cause = { correlationId: 'c', causationId: 'pilot:1:1', traceparent: 't' }

function logRow(model: StoreModel, each: string, data: unknown, fields: Partial<NewLogRow> = {}): NewLogRow {
  const partition = partitionOf(each, model.partitions)
  return {
    partition,
    kind: 'event',
    type: 'Said',
    version: 1,
    unit: 'berth',
    key: each,
    sequence: 0,
    previous: 0,
    timeMs: 7,
    ...cause,
    data,
    ...fields
  }
}

type Writable = { -readonly [Part in keyof Batch]: Batch[Part][number][] }

function say(model: StoreModel, batch: Writable, each: Piece & { do: 'say' }): void {
  if (batch.states.some((state) => state.key === each.key)) return
  const now = model.data.states.get(`berth ${each.key}`)
  let last: StateWrite['lastPosition'] = now?.lastPosition ?? 0
  let sequence = now?.sequence ?? 0
  for (let count = 0; count < each.rows; count++) {
    sequence += 1
    batch.log.push(logRow(model, each.key, each.data, { sequence, previous: last }))
    last = { row: batch.log.length - 1 }
  }
  const version = now?.version ?? 0
  const expected = each.wrong ? version + 1 : version
  batch.states.push({
    unit: 'berth',
    key: each.key,
    expected,
    version: version + 1,
    sequence,
    lastPosition: last,
    revision: 1,
    data: each.data
  })
}

function change(model: StoreModel, batch: Writable, each: Piece & { do: 'change' }): void {
  const waiting: readonly ParkedMessage[] = [...model.data.parked.values()]
  const now = waiting[each.which % Math.max(1, waiting.length)]
  if (!now || batch.parkedChanges.some(({ number }) => number === now.number)) return
  const expected = { status: now.status, attempts: each.wrong ? now.attempts + 1 : now.attempts }
  const message = each.edit ? { message: { ...now.message, data: 'edited' } } : {}
  batch.parkedChanges.push({
    number: now.number,
    expected,
    status: each.status,
    attempts: each.attempts,
    dueMs: 3,
    failure: 'ice',
    ...message
  })
}

function timer(model: StoreModel, batch: Writable, each: Piece & { do: 'timer' }): void {
  const now = model.data.timers.get(`berth ${each.key} ${each.name}`)
  const fired = each.fire && now ? { firedMs: each.wrong ? now.dueMs + 1 : now.dueMs } : {}
  if (batch.timers.some((other) => other.key === each.key && other.name === each.name)) return
  const { correlationId, traceparent } = cause
  batch.timers.push({
    unit: 'berth',
    key: each.key,
    name: each.name,
    dueMs: each.dueMs,
    ...fired,
    correlationId,
    traceparent
  })
}

function move(model: StoreModel, batch: Writable, each: Piece & { do: 'move' }): void {
  const { subscription, partition } = each
  if (batch.checkpoints.some((other) => other.subscription === subscription && other.partition === partition))
    return
  const now = model.data.checkpoints.get(`${subscription} pilot ${partition}`)?.position ?? 0
  const from = each.wrong ? now + 1 : now
  batch.checkpoints.push({
    subscription,
    source: 'pilot',
    partition,
    from,
    to: from + each.by,
    done: each.by
  })
}

function bulk(model: StoreModel, batch: Writable, each: Piece & { do: 'bulk' }): void {
  for (let count = 0; count < each.rows; count++)
    batch.log.push(logRow(model, keys[count % keys.length] ?? 'a', 'x'.repeat(each.size)))
}

function park(model: StoreModel, batch: Writable, each: Piece & { do: 'park' }): void {
  const { subscription, key: of, status: at, attempts } = each
  const message = { ...logRow(model, of, 'parked'), service: 'pilot', position: 1 }
  const place = { source: 'pilot', partition: 0, position: 1 }
  const rest = { status: at, attempts, dueMs: 1, failure: 'fog', parkedMs: 1, message }
  batch.parked.push({ subscription, key: of, ...place, ...rest })
}

function answer(batch: Writable, each: Piece & { do: 'answer' }): void {
  const outcome = each.refusal || batch.log.length === 0 ? { refusal: 'no' } : { row: batch.log.length - 1 }
  batch.answers.push({ idempotencyKey: each.idempotencyKey, fingerprint: 'f', outcome, timeMs: 1 })
}

function add(model: StoreModel, batch: Writable, each: Piece): void {
  if (each.do === 'say') say(model, batch, each)
  else if (each.do === 'bulk') bulk(model, batch, each)
  else if (each.do === 'move') move(model, batch, each)
  else if (each.do === 'timer') timer(model, batch, each)
  else if (each.do === 'park') park(model, batch, each)
  else if (each.do === 'change') change(model, batch, each)
  else if (each.do === 'answer') answer(batch, each)
  else if (each.do === 'put') {
    const { generation, key: of, row: data } = each
    batch.projections.push({ projection: 'board', generation, key: of, data })
  } else batch.audit.push({ timeMs: 1, action: 'edit', subject: '1', by: each.by, reason: '', details: [] })
}

/** The batch of a step, for what the model holds now. */
export function batchOf(model: StoreModel, pieces: readonly Piece[]): Batch {
  const batch: Writable = {
    log: [],
    states: [],
    projections: [],
    checkpoints: [],
    timers: [],
    parked: [],
    parkedChanges: [],
    answers: [],
    audit: [],
    fences: [],
    touched: []
  }
  for (const each of pieces) add(model, batch, each)
  return batch
}
