import pg from 'pg'
import { customerId, orderKey, orderLines, orderTotal } from '../pipeline/workload.ts'
import type { PeerOptions } from './peer.ts'
import { wrongNumbers } from './proof.ts'

/** What a step of an order needs to know of it, and what its messages carry. */
export interface OrderFacts {
  readonly index: number
  readonly orderId: string
  readonly customerId: string
  readonly pence: number
}

/** Runs a statement, in a transaction of whoever gives it. */
export type Execute = (text: string, values: readonly unknown[]) => Promise<unknown>

/** A step of several orders, as a statement brings it about. */
export type Effect = (execute: Execute, orders: readonly OrderFacts[]) => Promise<void>

const tables = `
CREATE SCHEMA sales; CREATE SCHEMA billing; CREATE SCHEMA fulfilment;
CREATE TABLE sales.orders (key text PRIMARY KEY, customer_id text NOT NULL, lines jsonb NOT NULL, total bigint NOT NULL,
  status text NOT NULL);
CREATE INDEX ON sales.orders (status, key);
CREATE TABLE billing.charge (order_id text PRIMARY KEY, customer_id text NOT NULL, pence bigint NOT NULL);
CREATE TABLE billing.account (customer_id text PRIMARY KEY, charges int NOT NULL, pence bigint NOT NULL);
CREATE TABLE fulfilment.shipping (order_id text PRIMARY KEY, status text NOT NULL)`

/** The facts of the order with this index. */
export function orderFacts(index: number): OrderFacts {
  return { index, orderId: orderKey(index), customerId: customerId(index), pence: orderTotal(index) }
}

/** Makes the tables of the three services in an empty database, and gives connections to it. */
export async function shopDatabase({ postgres }: PeerOptions, max: number): Promise<pg.Pool> {
  const pool = new pg.Pool({ host: '127.0.0.1', ...postgres, user: 'postgres', max })
  const tell = (error: Error): void => console.error(error)
  pool.on('error', tell).on('connect', (client) => client.on('error', tell))
  const { rows } = await pool.query<{ synchronous_commit: string }>('SHOW synchronous_commit')
  if (rows[0]?.synchronous_commit !== 'on') throw new Error('synchronous_commit is not on')
  await pool.query(tables)
  return pool
}

/** Runs a task in a transaction on a connection of its own. */
export async function inTransaction<Result>(
  pool: pg.Pool,
  task: (client: pg.PoolClient) => Promise<Result>
): Promise<Result> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await task(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

// Each step may be repeated: by then it has no effect. Rows are touched in one order, so that groups do not deadlock.

/** The order is placed. */
export async function accept(execute: Execute, orders: readonly OrderFacts[]): Promise<void> {
  await execute(
    `INSERT INTO sales.orders SELECT key, customer, lines::jsonb, total, 'accepted'
     FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS row (key, customer, lines, total)
     ON CONFLICT DO NOTHING`,
    [
      orders.map((order) => order.orderId),
      orders.map((order) => order.customerId),
      orders.map((order) => JSON.stringify(orderLines(order.index))),
      orders.map((order) => order.pence)
    ]
  )
}

/** The customer's account is charged, once an order. */
export async function charge(execute: Execute, orders: readonly OrderFacts[]): Promise<void> {
  await execute(
    `WITH charged AS (
       INSERT INTO billing.charge
       SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS row (order_id, customer_id, pence) ORDER BY order_id
       ON CONFLICT DO NOTHING RETURNING customer_id, pence
     )
     INSERT INTO billing.account SELECT customer_id, count(*), sum(pence) FROM charged GROUP BY 1 ORDER BY 1
     ON CONFLICT (customer_id) DO UPDATE
       SET charges = account.charges + excluded.charges, pence = account.pence + excluded.pence`,
    [
      orders.map((order) => order.orderId),
      orders.map((order) => order.customerId),
      orders.map((order) => order.pence)
    ]
  )
}

/** The order is ready for shipping. */
export async function ship(execute: Execute, orders: readonly OrderFacts[]): Promise<void> {
  await execute(
    `INSERT INTO fulfilment.shipping SELECT order_id, 'completed' FROM unnest($1::text[]) AS order_id ORDER BY order_id
     ON CONFLICT DO NOTHING`,
    [orders.map((order) => order.orderId)]
  )
}

/** The read model says that the order is ready. */
export async function makeReady(execute: Execute, orders: readonly OrderFacts[]): Promise<void> {
  await execute(
    `WITH own AS (SELECT key FROM sales.orders WHERE key = ANY ($1::text[]) ORDER BY key FOR UPDATE)
     UPDATE sales.orders SET status = 'ready' FROM own WHERE orders.key = own.key`,
    [orders.map((order) => order.orderId)]
  )
}

/** What the tables say that differs from `count` orders, each placed, charged, shipped and ready, and once. */
export async function wrongTables(pool: pg.Pool, count: number): Promise<readonly string[]> {
  const counted = async (table: string): Promise<number> =>
    Number((await pool.query(`SELECT count(*) FROM ${table}`)).rows[0]?.count)
  const accounts = await pool.query<{ customer_id: string; charges: number; pence: string }>(
    'SELECT customer_id, charges, pence FROM billing.account'
  )
  return wrongNumbers(count, {
    ready: await counted("sales.orders WHERE status = 'ready'"),
    charged: await counted('billing.charge'),
    shipped: await counted("fulfilment.shipping WHERE status = 'completed'"),
    accounts: accounts.rows.map((row) => [row.customer_id, row.charges, Number(row.pence)])
  })
}
