import { type MadeUpCustomer, type MadeUpShop, madeUpShop, pounds } from './made-up-shop.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface DraftRow {
  readonly stockCode: string
  readonly description: string
  readonly quantity: number
  readonly price: string
}

/** An invoice as somebody in the shop would write it, before it has a number and a date. */
export interface InvoiceDraft extends MadeUpCustomer {
  /** Before the number: `C` for a credit note, `A` for an adjustment. */
  readonly prefix: '' | 'C' | 'A'
  readonly rows: readonly DraftRow[]
}

/** How many invoices of each kind there are in a hand of 140. */
const shares = {
  customerOrder: 68,
  guestOrder: 13,
  repeatedCodes: 18,
  withFreeRow: 3,
  withLowerCaseCodes: 2,
  withPostage: 5,
  serviceOnly: 2,
  withCorrection: 1,
  withFractionalPence: 1,
  withNegativePrice: 1,
  acrossTwoMinutes: 1,
  inTwoPieces: 1,
  hugeQuantity: 1,
  adjustment: 1,
  freeOnly: 4,
  correction: 7,
  creditNote: 8,
  creditWithOddRow: 1,
  creditDiscount: 1,
  creditOwnCosts: 1
} as const

export type InvoiceKind = keyof typeof shares

/** One hand: each kind as often as its share says, in a fixed order. */
export const invoiceKinds: readonly InvoiceKind[] = (Object.keys(shares) as InvoiceKind[]).flatMap((kind) =>
  Array.from({ length: shares[kind] }, () => kind)
)

interface Sale {
  readonly customer: MadeUpCustomer
  readonly row: DraftRow
}

const saleMemory = 400
const postage: DraftRow = { stockCode: 'POST', description: 'POSTAGE', quantity: 1, price: '18' }

/** Writes invoices of every kind. Credit notes take back what an earlier invoice sold, to the same customer. */
export function invoiceDrafts(random: SeededRandom): Record<InvoiceKind, () => InvoiceDraft> {
  const till = shopTill(random)
  return { ...orderDrafts(till, random), ...adjustmentDrafts(till, random), ...creditDrafts(till, random) }
}

interface ShopTill {
  readonly shop: MadeUpShop
  row(changes?: Partial<DraftRow>): DraftRow
  rows(mean: number): DraftRow[]
  /** Rows with the same codes as some of these. */
  again(rows: readonly DraftRow[]): DraftRow[]
  sold(customer: MadeUpCustomer, rows: readonly DraftRow[]): InvoiceDraft
  /** A credit note for part of an earlier sale, and for these rows. */
  takenBack(...more: readonly DraftRow[]): InvoiceDraft
}

function shopTill(random: SeededRandom): ShopTill {
  const shop = madeUpShop(random)
  const sales: Sale[] = []
  const quantity = (): number => random.pick([1, 1, 2, 3, 4, 6, 6, 12, 12, 24, 48, random.between(50, 500)])
  const row = (changes: Partial<DraftRow> = {}): DraftRow => ({
    ...shop.product(),
    quantity: quantity(),
    ...changes
  })
  return {
    shop,
    row,
    rows: (mean) => {
      // The square of a fraction is a third on average, with a long tail: many small orders, few large ones.
      const spread = random.fraction()
      return Array.from({ length: 1 + Math.floor(spread * spread * 3 * mean) }, () => row())
    },
    again: (rows) => rows.map((one) => ({ ...one, quantity: quantity() })),
    sold: (customer, rows) => {
      const returnable = rows.filter((one) => one.quantity > 0 && Number(one.price) > 0)
      for (const one of returnable.slice(0, 5)) sales.push({ customer, row: one })
      if (sales.length > saleMemory) sales.splice(0, sales.length - saleMemory)
      return { ...customer, prefix: '', rows }
    },
    takenBack: (...more) => {
      const sale = sales[random.between(0, sales.length - 1)] ?? { customer: shop.customer(), row: row() }
      const returned = { ...sale.row, quantity: -random.between(1, sale.row.quantity) }
      return { ...sale.customer, prefix: 'C', rows: [returned, ...more] }
    }
  }
}

function orderDrafts(till: ShopTill, random: SeededRandom) {
  const { shop, row, rows, sold } = till
  const orderWith = (last: DraftRow): InvoiceDraft => sold(shop.customer(), [...rows(18), last])
  return {
    customerOrder: () => sold(shop.customer(), rows(20)),
    guestOrder: () => sold(shop.guest(), rows(36)),
    repeatedCodes: () => {
      const sale = rows(24)
      const dearer = sale.slice(0, 1).map((one) => ({ ...one, price: pounds(random.between(20, 900)) }))
      return sold(shop.customer(), [...sale, ...till.again(sale.slice(0, 3)), ...dearer])
    },
    withFreeRow: () => orderWith(row({ price: '0' })),
    withLowerCaseCodes: () =>
      sold(shop.guest(), [...rows(30), row({ stockCode: `${random.between(70_000, 79_999)}b` })]),
    withPostage: () => orderWith({ ...postage, quantity: random.between(1, 4) }),
    serviceOnly: () => sold(shop.customer(), [random.pick([postage, note('M', 'Manual', 1, 1250)])]),
    withCorrection: () => orderWith(row({ quantity: -random.between(1, 30), price: '0' })),
    withFractionalPence: () => orderWith(row({ price: random.pick(['0.001', '1.255']) })),
    withNegativePrice: () => orderWith(note('M', 'Manual', 1, -random.between(1, 5000))),
    acrossTwoMinutes: () => sold(shop.customer(), [row(), ...rows(20)]),
    inTwoPieces: () => sold(shop.customer(), [row(), ...rows(20)]),
    hugeQuantity: () => orderWith(row({ quantity: random.between(10_000, 90_000) }))
  }
}

function adjustmentDrafts({ shop, row }: ShopTill, random: SeededRandom) {
  const aside = (prefix: '' | 'A', only: DraftRow): InvoiceDraft => ({
    ...shop.guest(),
    prefix,
    rows: [only]
  })
  return {
    adjustment: () =>
      aside('A', note('B', 'Adjust bad debt', 1, random.pick([1, -1]) * random.between(1000, 2_000_000))),
    freeOnly: () => aside('', row({ description: '', price: '0' })),
    correction: () => {
      const description = random.pick(['', '', 'damages', 'missing, presumed lost', '?'])
      return aside('', row({ description, quantity: -random.between(1, 400), price: '0' }))
    }
  }
}

function creditDrafts({ shop, row, takenBack }: ShopTill, random: SeededRandom) {
  const credit = (customer: MadeUpCustomer, only: DraftRow): InvoiceDraft => ({
    ...customer,
    prefix: 'C',
    rows: [only]
  })
  return {
    creditNote: () => takenBack(),
    creditWithOddRow: () => takenBack(row({ quantity: random.pick([0, 2]) })),
    creditDiscount: () => credit(shop.customer(), note('D', 'Discount', -1, random.between(100, 30_000))),
    creditOwnCosts: () => {
      const cost = random.pick([
        note('BANK CHARGES', 'Bank Charges', -1, random.between(500, 10_000)),
        note('AMAZONFEE', 'AMAZON FEE', -1, random.between(500, 900_000))
      ])
      return random.chance(0.3) ? takenBack(cost) : credit(shop.guest(), cost)
    }
  }
}

function note(stockCode: string, description: string, quantity: number, pence: number): DraftRow {
  return { stockCode, description, quantity, price: pounds(pence) }
}
