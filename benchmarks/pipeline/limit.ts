// A program: the rows that the pipeline writes, by bare node:sqlite, in groups of a fixed size, with nothing else done.
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { answer, childOptions } from '../child.ts'
import { rounded } from '../quantile.ts'
import { customerCount, customerId, orderKey, orderLines, orderTotal } from './workload.ts'

/** What is to be run. */
export interface LimitOptions {
  readonly directory: string
  readonly orders: number
  readonly group: number
}

/** What came of it. */
export interface LimitResult {
  readonly completedPerS: number
  readonly cpuUsPerOrder: number
}

const { directory, orders, group } = childOptions<LimitOptions>()
const partitions = 16
const partitionSpan = 2 ** 48
const timeMs = Date.now()
const id = 'a3b0c442-98fc-4c14-9afb-f4c8996fb924'
const trace = '00-61b53230b7e434b27d304ca08d4efd3c-e54d25caa7ebabe2-01'

/** The plainest tables for these rows; the store keeps its own in another way. */
const tables = `
CREATE TABLE log (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, unit TEXT NOT NULL, key TEXT NOT NULL,
  sequence INTEGER NOT NULL, previous INTEGER NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL,
  time INTEGER NOT NULL, meta TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE state (unit TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, sequence INTEGER NOT NULL,
  last_position INTEGER NOT NULL, revision INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (unit, key)) WITHOUT ROWID;
CREATE TABLE checkpoint (subscription TEXT NOT NULL, source TEXT NOT NULL, partition INTEGER NOT NULL,
  position INTEGER NOT NULL, done INTEGER NOT NULL, PRIMARY KEY (subscription, source, partition)) WITHOUT ROWID;
CREATE TABLE timer (unit TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL,
  correlation TEXT NOT NULL, traceparent TEXT NOT NULL, PRIMARY KEY (unit, key, name)) WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due);
CREATE TABLE orders (key TEXT PRIMARY KEY, status NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX orders_status ON orders (status, key)`

/** One service's database, with the statements that its rows need. */
class Database {
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #log: StatementSync
  readonly #checkpoint: StatementSync
  readonly #firstCheckpoint: StatementSync
  readonly #heads: number[] = new Array(partitions).fill(0)
  readonly insertState: StatementSync
  readonly updateState: StatementSync
  readonly db: DatabaseSync

  constructor(file: string) {
    this.db = new DatabaseSync(file)
    this.db.exec('PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192')
    this.db.exec(tables)
    this.#begin = this.db.prepare('BEGIN IMMEDIATE')
    this.#commit = this.db.prepare('COMMIT')
    this.#log = this.db.prepare(
      'INSERT INTO log (id, kind, unit, key, sequence, previous, type, version, time, meta, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
    )
    this.#checkpoint = this.db.prepare(
      'UPDATE checkpoint SET position = ?, done = ? WHERE subscription = ? AND source = ? AND partition = ?'
    )
    this.#firstCheckpoint = this.db.prepare(
      'INSERT INTO checkpoint VALUES (?, ?, ?, 0, 0) ON CONFLICT DO NOTHING'
    )
    this.insertState = this.db.prepare('INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.updateState = this.db.prepare(
      'UPDATE state SET version = ?, sequence = ?, last_position = ?, revision = ?, data = ? WHERE unit = ? AND key = ?'
    )
  }

  transaction(write: () => void): void {
    this.#begin.run()
    write()
    this.#commit.run()
  }

  say(
    partition: number,
    kind: number,
    unit: string,
    key: string,
    type: string,
    meta: string,
    data: string
  ): number {
    const position = (this.#heads[partition] ?? 0) + 1
    this.#heads[partition] = position
    this.#log.run(partition * partitionSpan + position, kind, unit, key, 1, 0, type, 1, timeMs, meta, data)
    return position
  }

  moveCheckpoints(subscription: string, source: string, position: number): void {
    for (let partition = 0; partition < partitions; partition++) {
      if (position === 0) this.#firstCheckpoint.run(subscription, source, partition)
      this.#checkpoint.run(position, position, subscription, source, partition)
    }
  }
}

const sales = new Database(join(directory, 'sales.db'))
const billing = new Database(join(directory, 'billing.db'))
const fulfilment = new Database(join(directory, 'fulfilment.db'))
const insertRow = sales.db.prepare('INSERT INTO orders (key, data, status) VALUES (?, ?, ?)')
const updateRow = sales.db.prepare('UPDATE orders SET data = ?, status = ? WHERE key = ?')
const setTimer = fulfilment.db.prepare('INSERT INTO timer VALUES (?, ?, ?, ?, ?, ?)')
const removeTimer = fulfilment.db.prepare('DELETE FROM timer WHERE unit = ? AND key = ? AND name = ?')

const partitionOf = (index: number): number => index % partitions
const rowData = (status: string, index: number): string =>
  JSON.stringify({ status, customerId: customerId(index), total: orderTotal(index) })
const processData = (status: string, step: string, done: readonly string[], orderId: string): string =>
  JSON.stringify({ status, kept: { orderId }, steps: { billed: step }, done })

function place(index: number): void {
  const key = orderKey(index)
  const total = orderTotal(index)
  const event = { orderId: key, customerId: customerId(index), lines: orderLines(index), total }
  const meta = JSON.stringify([id, id, trace])
  const position = sales.say(
    partitionOf(index),
    0,
    'order',
    key,
    'OrderAccepted',
    meta,
    JSON.stringify(event)
  )
  sales.insertState.run('order', key, 1, 1, position, 1, rowData('accepted', index))
}

function charge(index: number): void {
  const key = customerId(index)
  const meta = JSON.stringify([
    id,
    `sales:${partitionOf(index)}:${index}`,
    trace,
    { service: 'billing', key }
  ])
  const data = JSON.stringify({ orderId: orderKey(index), pence: orderTotal(index) })
  billing.say(partitionOf(index), 1, 'charging', orderKey(index), 'Charge', meta, data)
}

function bill(index: number): void {
  const key = customerId(index)
  const pence = orderTotal(index)
  const meta = JSON.stringify([id, `billing:${partitionOf(index)}:${index}`, trace])
  const data = JSON.stringify({ orderId: orderKey(index), pence, customerId: key })
  const position = billing.say(partitionOf(index), 0, 'account', key, 'CustomerBilled', meta, data)
  const charges = Math.floor(index / customerCount) + 1
  const state = JSON.stringify({ status: 'open', charges, pence: pence * charges })
  if (charges === 1) billing.insertState.run('account', key, 1, 1, position, 1, state)
  else billing.updateState.run(charges, charges, position, 1, state, 'account', key)
}

function beginShipping(index: number): void {
  const key = orderKey(index)
  fulfilment.insertState.run('shipping', key, 1, 0, 0, 1, processData('running', 'begun', [], key))
  setTimer.run('shipping', key, 'step:billed', timeMs + 3_600_000, id, trace)
}

function endShipping(index: number): void {
  const key = orderKey(index)
  const meta = JSON.stringify([id, `billing:${partitionOf(index)}:${index}`, trace])
  const data = JSON.stringify({ orderId: key })
  const position = fulfilment.say(partitionOf(index), 0, 'shipping', key, 'OrderReadyForShipping', meta, data)
  fulfilment.updateState.run(
    2,
    1,
    position,
    1,
    processData('completed', 'done', ['billed'], key),
    'shipping',
    key
  )
  removeTimer.run('shipping', key, 'step:billed')
}

/** One transaction a database: what the pipeline needs several turns for is at hand here all at once. */
function run(first: number, end: number): void {
  const each = (write: (index: number) => void): void => {
    for (let index = first; index < end; index++) write(index)
  }
  sales.transaction(() => {
    each(place)
    each((index) => insertRow.run(orderKey(index), rowData('accepted', index), 'accepted'))
    sales.moveCheckpoints('orders', 'sales', first)
    each((index) => updateRow.run(rowData('ready', index), 'ready', orderKey(index)))
    sales.moveCheckpoints('orders', 'fulfilment', first)
  })
  billing.transaction(() => {
    each(charge)
    billing.moveCheckpoints('charging', 'sales', first)
    each(bill)
    billing.moveCheckpoints('inbox', 'billing', first)
  })
  fulfilment.transaction(() => {
    each(beginShipping)
    fulfilment.moveCheckpoints('shipping', 'sales', first)
    each(endShipping)
    fulfilment.moveCheckpoints('shipping', 'billing', first)
  })
}

const warmUp = Math.min(5_000, orders)
for (let first = 0; first < warmUp; first += group) run(first, first + group)
const cpuBefore = process.cpuUsage()
const startMs = performance.now()
for (let first = warmUp; first < warmUp + orders; first += group) run(first, first + group)
const elapsedMs = performance.now() - startMs
const { user, system } = process.cpuUsage(cpuBefore)
for (const { db } of [sales, billing, fulfilment]) db.close()
const result: LimitResult = {
  completedPerS: rounded((orders / elapsedMs) * 1_000),
  cpuUsPerOrder: rounded((user + system) / orders, 1)
}
answer(result)
