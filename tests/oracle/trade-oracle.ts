import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

/**
 * What `retail:import --json` must print for a trade file, worked out a second way: the file is cut by one
 * pattern, its prices are exact fractions, and the rules of the trade format are SQL. It shares nothing with
 * the importer. It expects a file of the right shape. Run it by hand: `node tests/oracle/trade-oracle.ts FILE`.
 *
 * A customer appears who has an order or a return (`{charged: 0, refunded: 0}` is possible: a return of free
 * rows only); a unit appears whose product was shipped or returned, which is never zero of both.
 */
export interface TradeReport {
  readonly orders: { readonly accepted: number; readonly shipped: number; readonly cancelled: number }
  readonly returns: number
  readonly pence: { readonly charged: number; readonly refunded: number; readonly net: number }
  readonly customers: Record<string, { readonly charged: number; readonly refunded: number }>
  readonly units: Record<string, { readonly shipped: number; readonly returned: number }>
  readonly rejected: readonly { readonly line: number; readonly reason: string }[]
}

const rowsSchema = `
  CREATE TABLE line (
    number INTEGER PRIMARY KEY, invoice TEXT, code TEXT, quantity INTEGER, pence INTEGER, customer TEXT);

  CREATE VIEW judged AS
  SELECT *, substr(invoice, 1, 1) = 'C' AS credit,
    code GLOB '[0-9][0-9][0-9][0-9][0-9]*' AS product,
    CASE
      WHEN substr(invoice, 1, 1) <> 'C' AND quantity <= 0
        THEN 'The row is a stock correction: its quantity is not above zero.'
      WHEN substr(invoice, 1, 1) = 'C' AND code IN ('BANK CHARGES', 'AMAZONFEE')
        THEN 'The row is a cost of the shop''s own.'
      WHEN substr(invoice, 1, 1) = 'C' AND quantity >= 0
        THEN 'A credit note takes back nothing in this row: its quantity is not below zero.'
      WHEN pence IS NULL THEN 'The price is not a whole number of pence.'
      WHEN pence < 0 THEN 'The price is negative.'
    END AS fault
  FROM line;
`

/** Tables, not views: they are asked more than once. */
const tradeTables = `
  CREATE TABLE sound AS SELECT * FROM judged WHERE fault IS NULL;
  CREATE TABLE trade AS
  SELECT invoice, min(number) AS head, credit, sum(abs(quantity) * pence) AS pence
  FROM sound GROUP BY invoice HAVING credit OR max(pence) > 0;
  CREATE TABLE kept AS
  SELECT sound.*, CASE head.customer WHEN '' THEN 'guest-' || head.invoice ELSE head.customer END AS payer
  FROM sound JOIN trade USING (invoice) JOIN line AS head ON head.number = trade.head;
`

const questions = {
  trades: `SELECT count(*) FILTER (WHERE NOT credit) AS orders, count(*) FILTER (WHERE credit) AS returns,
      ifnull(sum(pence) FILTER (WHERE NOT credit), 0) AS charged,
      ifnull(sum(pence) FILTER (WHERE credit), 0) AS refunded FROM trade`,
  customers: `SELECT payer AS name, ifnull(sum(quantity * pence) FILTER (WHERE NOT credit), 0) AS charged,
      ifnull(sum(-quantity * pence) FILTER (WHERE credit), 0) AS refunded FROM kept GROUP BY payer`,
  units: `SELECT code AS name, ifnull(sum(quantity) FILTER (WHERE NOT credit), 0) AS shipped,
      ifnull(sum(-quantity) FILTER (WHERE credit), 0) AS returned FROM kept WHERE product GROUP BY code`,
  rejected: `SELECT number AS line,
      ifnull(fault, 'The invoice is no order: no row of it is sold at a price.') AS reason FROM judged
      WHERE number NOT IN (SELECT number FROM kept) ORDER BY number`
}

/** The report of a trade file's bytes, as a plain JSON value. */
export function tradeReport(bytes: Uint8Array): TradeReport {
  const db = new DatabaseSync(':memory:')
  try {
    db.exec(rowsSchema)
    const insert = db.prepare('INSERT INTO line VALUES (?, ?, ?, ?, ?, ?)')
    db.exec('BEGIN')
    for (const { number, cells } of cut(new TextDecoder().decode(bytes)).slice(1)) {
      const [invoice = '', code = '', , quantity = '', , price = '', customer = ''] = cells
      insert.run(number, invoice, code, BigInt(quantity), pence(price), customer)
    }
    db.exec('COMMIT')
    db.exec(tradeTables)
    return answers(db)
  } finally {
    db.close()
  }
}

function answers(db: DatabaseSync): TradeReport {
  const all = (question: string): Record<string, unknown>[] => db.prepare(question).all()
  const totals = all(questions.trades)[0] ?? {}
  const orders = Number(totals.orders)
  const charged = Number(totals.charged)
  const refunded = Number(totals.refunded)
  const customers = all(questions.customers).map(
    (row) => [String(row.name), { charged: Number(row.charged), refunded: Number(row.refunded) }] as const
  )
  const units = all(questions.units).map(
    (row) => [String(row.name), { shipped: Number(row.shipped), returned: Number(row.returned) }] as const
  )
  return {
    orders: { accepted: orders, shipped: orders, cancelled: 0 },
    returns: Number(totals.returns),
    pence: { charged, refunded, net: charged - refunded },
    customers: Object.fromEntries(customers),
    units: Object.fromEntries(units),
    rejected: all(questions.rejected).map((row) => ({ line: Number(row.line), reason: String(row.reason) }))
  }
}

/** Every cell with the mark that ends it, from the first character to the last. */
function cut(text: string): { number: number; cells: string[] }[] {
  const records: { number: number; cells: string[] }[] = []
  let number = 1
  let first = 1
  let cells: string[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|\n|\r|$)/gy
  while (cell.lastIndex < text.length || cells.length > 0) {
    const [whole = '', quoted, plain = '', mark] = cell.exec(text) ?? []
    cells.push(quoted === undefined ? plain : quoted.split('""').join('"'))
    number += whole.match(/\r\n|\n|\r/g)?.length ?? 0
    if (mark === ',') continue
    if (cells.length > 1) records.push({ number: first, cells })
    first = number
    cells = []
  }
  return records
}

/** Pounds as an exact fraction, asked for a whole number of hundredths; null when there is none. */
function pence(price: string): bigint | null {
  const digits = price.replace('.', '')
  const scale = 10n ** BigInt(price.includes('.') ? price.length - price.indexOf('.') - 1 : 0)
  const hundredths = BigInt(digits) * 100n
  return hundredths % scale === 0n ? hundredths / scale : null
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file] = process.argv
  if (file === undefined) {
    console.error('Usage: node tests/oracle/trade-oracle.ts FILE')
    process.exitCode = 2
  } else {
    console.log(JSON.stringify(tradeReport(readFileSync(file))))
  }
}
