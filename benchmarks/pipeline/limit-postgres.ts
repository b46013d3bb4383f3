// A program: the rows that the pipeline writes, by bare `pg`, in groups of a fixed size, with nothing else done.
import pg from 'pg'
import { answer, childOptions } from '../child.ts'
import { rounded } from '../quantile.ts'
import type { LimitResult } from './limit.ts'
import { customerCount, customerId, orderKey, orderLines, orderTotal } from './workload.ts'

/** What is to be run. */
export interface PostgresLimitOptions {
  readonly port: number
  readonly database: string
  readonly orders: number
  readonly group: number
  /** How many groups are under way at a time, each on connections of its own. */
  readonly lanes: number
}

const { port, database, orders, group, lanes } = childOptions<PostgresLimitOptions>()
const partitions = 16
const timeMs = Date.now()
const id = 'a3b0c442-98fc-4c14-9afb-f4c8996fb924'
const trace = '00-61b53230b7e434b27d304ca08d4efd3c-e54d25caa7ebabe2-01'

/** The plainest tables for these rows; the store keeps its own in another way. */
const tables = (schema: string): string => `
CREATE SCHEMA ${schema};
CREATE TABLE ${schema}.partition (number int PRIMARY KEY, head bigint NOT NULL);
INSERT INTO ${schema}.partition SELECT number, 0 FROM generate_series(0, ${partitions - 1}) AS number;
CREATE TABLE ${schema}.log (partition int, position bigint, kind text, unit text, key text, type text, time bigint, meta text,
  data text, PRIMARY KEY (partition, position));
CREATE TABLE ${schema}.state (unit text, key text, version int, data text, PRIMARY KEY (unit, key));
CREATE TABLE ${schema}.checkpoint (subscription text, source text, partition int, position bigint,
  PRIMARY KEY (subscription, source, partition));
CREATE TABLE ${schema}.timer (unit text, key text, due bigint, PRIMARY KEY (unit, key));
CREATE TABLE ${schema}.orders (key text PRIMARY KEY, status text, data text);
CREATE INDEX ON ${schema}.orders (status, key)`

/**
 * One statement: locks the partition, numbers the rows, writes log, states and checkpoint. A group has its own partition,
 * so that lanes do not wait for each other more than services with that many partitions do.
 */
const commit = (schema: string): string => `
WITH given AS (
  SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    WITH ORDINALITY AS row (kind, unit, key, type, meta, data, ordinal)
), locked AS (
  UPDATE ${schema}.partition SET head = head + (SELECT count(*) FROM given) WHERE number = $1
  RETURNING head - (SELECT count(*) FROM given) AS before
), logged AS (
  INSERT INTO ${schema}.log SELECT $1, locked.before + ordinal, kind, unit, key, type, ${timeMs}, meta, data FROM given, locked
), kept AS (
  INSERT INTO ${schema}.state SELECT * FROM unnest($8::text[], $9::text[], $10::int[], $11::text[])
  ON CONFLICT (unit, key) DO UPDATE SET version = excluded.version, data = excluded.data
)
INSERT INTO ${schema}.checkpoint SELECT subscription, source, $1, before FROM locked,
  unnest($12::text[], $13::text[]) AS moved (subscription, source)
ON CONFLICT (subscription, source, partition) DO UPDATE SET position = excluded.position`

interface Rows {
  readonly log: (readonly [kind: string, unit: string, key: string, type: string, data: unknown])[]
  readonly states: (readonly [unit: string, key: string, version: number, data: unknown])[]
  readonly checkpoints: (readonly [subscription: string, source: string])[]
}

const pool = new pg.Pool({ host: '127.0.0.1', port, database, user: 'postgres', max: 3 * lanes })
for (const schema of ['sales', 'billing', 'fulfilment']) await pool.query(tables(schema))

async function transaction(
  schema: string,
  partition: number,
  rows: Rows,
  more?: string,
  values?: unknown[]
): Promise<void> {
  const { log, states, checkpoints } = rows
  const meta = JSON.stringify([id, id, trace])
  const statement = {
    name: `commit ${schema}`,
    text: commit(schema),
    values: [
      partition,
      ...[0, 1, 2, 3].map((column) => log.map((row) => row[column as 0])),
      log.map(() => meta),
      log.map((row) => JSON.stringify(row[4])),
      ...[0, 1, 2].map((column) => states.map((row) => row[column as 0])),
      states.map((row) => JSON.stringify(row[3])),
      ...[0, 1].map((column) => checkpoints.map((row) => row[column as 0]))
    ]
  }
  if (more === undefined) {
    await pool.query(statement)
    return
  }
  const connection = await pool.connect()
  try {
    await connection.query('BEGIN')
    await connection.query(statement)
    await connection.query(more, values)
    await connection.query('COMMIT')
  } finally {
    connection.release()
  }
}

const between = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, index) => first + index)

/** Three transactions, one a service: what the pipeline needs several turns for is at hand here all at once. */
async function run(first: number, end: number): Promise<void> {
  const indexes = between(first, end)
  const partition = (first / group) % partitions
  const keys = indexes.map(orderKey)
  const rowData =
    (status: string) =>
    (index: number): string =>
      JSON.stringify({ status, customerId: customerId(index), total: orderTotal(index) })
  const accounts = new Map(indexes.map((index) => [customerId(index), index]))
  await Promise.all([
    transaction(
      'sales',
      partition,
      {
        log: indexes.map((index) => {
          const total = orderTotal(index)
          const data = {
            orderId: orderKey(index),
            customerId: customerId(index),
            lines: orderLines(index),
            total
          }
          return ['event', 'order', orderKey(index), 'OrderAccepted', data]
        }),
        states: indexes.map((index) => [
          'order',
          orderKey(index),
          1,
          { status: 'accepted', customerId: customerId(index), total: orderTotal(index) }
        ]),
        checkpoints: [
          ['orders', 'sales'],
          ['orders', 'fulfilment']
        ]
      },
      `INSERT INTO sales.orders SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
       ON CONFLICT (key) DO UPDATE SET status = excluded.status, data = excluded.data`,
      [keys, keys.map(() => 'ready'), indexes.map(rowData('ready'))]
    ),
    transaction('billing', partition, {
      log: indexes.flatMap((index) => {
        const [orderId, customer, pence] = [orderKey(index), customerId(index), orderTotal(index)]
        return [
          ['command', 'charging', orderId, 'Charge', { orderId, pence }] as const,
          ['event', 'account', customer, 'CustomerBilled', { orderId, pence, customerId: customer }] as const
        ]
      }),
      states: [...accounts].map(([customer, index]) => {
        const charges = Math.floor(index / customerCount) + 1
        return ['account', customer, charges, { status: 'open', charges, pence: charges * orderTotal(index) }]
      }),
      checkpoints: [
        ['charging', 'sales'],
        ['inbox', 'billing']
      ]
    }),
    transaction('fulfilment', partition, {
      log: keys.map((key) => ['event', 'shipping', key, 'OrderReadyForShipping', { orderId: key }]),
      states: keys.map((key) => [
        'shipping',
        key,
        2,
        { status: 'completed', kept: { orderId: key }, steps: { billed: 'done' }, done: ['billed'] }
      ]),
      checkpoints: [
        ['shipping', 'sales'],
        ['shipping', 'billing']
      ]
    })
  ])
}

async function all(first: number, end: number): Promise<void> {
  let next = first
  const lane = async (): Promise<void> => {
    while (next < end) {
      const from = next
      next += group
      await run(from, from + group)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

const warmUp = Math.min(5_000, orders)
await all(0, warmUp)
const cpuBefore = process.cpuUsage()
const startMs = performance.now()
await all(warmUp, warmUp + orders)
const elapsedMs = performance.now() - startMs
const { user, system } = process.cpuUsage(cpuBefore)
await pool.end()
const result: LimitResult = {
  completedPerS: rounded((orders / elapsedMs) * 1_000),
  cpuUsPerOrder: rounded((user + system) / orders, 1)
}
answer(result)
