import pg from 'pg'
import { customerCount, customerId, orderKey, orderLines, orderTotal } from './workload.ts'

/** Into so many partitions each service writes. */
export const partitions = 16
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

const readModel = `INSERT INTO sales.orders SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
ON CONFLICT (key) DO UPDATE SET status = excluded.status, data = excluded.data`

type Service = 'sales' | 'billing' | 'fulfilment'

/** The rows of one commit. */
export interface Rows {
  readonly log: readonly (readonly [kind: string, unit: string, key: string, type: string, data: unknown])[]
  readonly states: readonly (readonly [unit: string, key: string, version: number, data: unknown])[]
  readonly checkpoints: readonly (readonly [subscription: string, source: string])[]
}

const charge = (index: number): Rows['log'][number] => [
  'command',
  'charging',
  orderKey(index),
  'Charge',
  { orderId: orderKey(index), pence: orderTotal(index) }
]

function billed(index: number): Rows['log'][number] {
  const [orderId, customer, pence] = [orderKey(index), customerId(index), orderTotal(index)]
  return ['event', 'account', customer, 'CustomerBilled', { orderId, pence, customerId: customer }]
}

const rowData = (index: number): unknown => ({
  status: 'ready',
  customerId: customerId(index),
  total: orderTotal(index)
})

const nothing: Rows = { log: [], states: [], checkpoints: [] }

/** What sales write when they accept orders. */
export function accepted(indexes: readonly number[]): Rows {
  return {
    ...nothing,
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
    states: indexes.map((index) => ['order', orderKey(index), 1, rowData(index)])
  }
}

/** How far sales have heard the others when they write what is ready. */
export const heardBySales: Rows['checkpoints'] = [
  ['orders', 'sales'],
  ['orders', 'fulfilment']
]

/** What billing writes when it hears of orders. */
export function charging(indexes: readonly number[]): Rows {
  return { ...nothing, log: indexes.map(charge), checkpoints: [['charging', 'sales']] }
}

/** What billing writes when it does what it told itself to do. */
export function charged(indexes: readonly number[]): Rows {
  const accounts = new Map(indexes.map((index) => [customerId(index), index]))
  return {
    log: indexes.map(billed),
    states: [...accounts].map(([customer, index]) => {
      const charges = Math.floor(index / customerCount) + 1
      return ['account', customer, charges, { status: 'open', charges, pence: charges * orderTotal(index) }]
    }),
    checkpoints: [['inbox', 'billing']]
  }
}

/** What fulfilment writes when it has heard both. */
export function shipped(indexes: readonly number[]): Rows {
  const keys = indexes.map(orderKey)
  return {
    log: keys.map((key) => ['event', 'shipping', key, 'OrderReadyForShipping', { orderId: key }]),
    states: keys.map((key) => {
      const data = {
        status: 'completed',
        kept: { orderId: key },
        steps: { billed: 'done' },
        done: ['billed']
      }
      return ['shipping', key, 2, data]
    }),
    checkpoints: [
      ['shipping', 'sales'],
      ['shipping', 'billing']
    ]
  }
}

/** Where the database of a limit is. */
export interface BarePlace {
  readonly port: number
  readonly database: string
  readonly connections: number
}

/** The pipeline's rows in the plainest tables, by `pg` alone. */
export class BarePostgres {
  readonly #pool: pg.Pool

  private constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Makes the tables of the three services in an empty database. */
  static async open({ port, database, connections: max }: BarePlace): Promise<BarePostgres> {
    const pool = new pg.Pool({ host: '127.0.0.1', port, database, user: 'postgres', max })
    for (const schema of ['sales', 'billing', 'fulfilment']) await pool.query(tables(schema))
    return new BarePostgres(pool)
  }

  /** One transaction of a service: these rows, and of sales the rows of the read model for the orders that are ready. */
  async commit(service: Service, partition: number, rows: Rows, ready?: readonly number[]): Promise<void> {
    const { log, states, checkpoints } = rows
    const meta = JSON.stringify([id, id, trace])
    const statement = {
      name: `commit ${service}`,
      text: commit(service),
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
    if (ready === undefined) {
      await this.#pool.query(statement)
      return
    }
    const values = [
      ready.map(orderKey),
      ready.map(() => 'ready'),
      ready.map((index) => JSON.stringify(rowData(index)))
    ]
    const connection = await this.#pool.connect()
    try {
      await connection.query('BEGIN')
      await connection.query(statement)
      await connection.query(readModel, values)
      await connection.query('COMMIT')
    } finally {
      connection.release()
    }
  }

  close(): Promise<void> {
    return this.#pool.end()
  }
}
