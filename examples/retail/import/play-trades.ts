import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { testCards } from '../sandbox/test-cards.ts'
import { type ShopClient, ShopRefusal } from './shop-client.ts'
import type { PlannedOrder, PlannedReturn, StockReceipt, TradeLine, TradePlan } from './trade-plan.ts'
import type { OrderEnd, ReturnEnd } from './trade-report.ts'

/** How far an import has come. */
export interface Progress {
  readonly phase: 'stock' | 'trade' | 'flow'
  readonly done: number
  readonly total: number
}

const together = 32
const lookFirstMs = 10
const lookMaxMs = 1_000

/** Runs tasks, a bounded number at a time, and stops at the first that fails. */
async function each<Item>(
  items: readonly Item[],
  atOnce: number,
  task: (item: Item) => Promise<void>
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next] as Item
      next += 1
      await task(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
}

/** The card that always pays. */
const card = testCards.approved.number

const linesOf = (lines: readonly TradeLine[]): unknown =>
  lines.map(({ stockCode, description, quantity, unitPence }) => ({
    stockCode,
    name: description,
    quantity,
    unitPence
  }))

/** Plays the trade of one file. Every step may be repeated: its idempotency key comes from the file. */
export class TradePlayer {
  readonly #shop: ShopClient
  readonly #plan: TradePlan
  readonly #file: string
  readonly #progress: (progress: Progress) => void

  /** `fileHash` tells files apart whose stock is to be received each for itself. */
  constructor(shop: ShopClient, plan: TradePlan, fileHash: string, progress: (progress: Progress) => void) {
    this.#shop = shop
    this.#plan = plan
    this.#file = createHash('sha256').update(fileHash).digest('hex').slice(0, 16)
    this.#progress = progress
  }

  /** Receives all stock, then places orders and returns in the order of the file. */
  async play(): Promise<void> {
    const { stock, trades } = this.#plan
    await this.#counted('stock', stock, together, (receipt) => this.#receive(receipt))
    await this.#counted('trade', trades, 1, (trade) =>
      trade.kind === 'order' ? this.#place(trade) : this.#return(trade)
    )
  }

  /** Waits until every order and return has come to its end, and reads from the services which. */
  async follow(): Promise<{ orders: readonly OrderEnd[]; returns: readonly ReturnEnd[] }> {
    const orders = new Map<string, OrderEnd>()
    const returns = new Map<string, ReturnEnd>()
    await this.#counted('flow', this.#plan.trades, together, async (trade) => {
      if (trade.kind === 'order') orders.set(trade.invoice, await this.#orderEnd(trade))
      else returns.set(trade.invoice, await this.#returnEnd(trade))
    })
    return { orders: [...orders.values()], returns: [...returns.values()] }
  }

  async #counted<Item>(
    phase: Progress['phase'],
    items: readonly Item[],
    atOnce: number,
    task: (item: Item) => Promise<void>
  ): Promise<void> {
    let done = 0
    this.#progress({ phase, done, total: items.length })
    await each(items, atOnce, async (item) => {
      await task(item)
      done += 1
      this.#progress({ phase, done, total: items.length })
    })
  }

  async #receive({ stockCode, units }: StockReceipt): Promise<void> {
    await this.#shop.command(
      ['inventory', 'stock-item', stockCode, 'ReceiveStock'],
      { quantity: units },
      `import:${this.#file}:stock:${stockCode}`
    )
  }

  async #place(order: PlannedOrder): Promise<void> {
    const { invoice, customer, country, lines } = order
    const data = { customerId: customer, country, card, lines: linesOf(lines) }
    await this.#trade(['sales', 'order', invoice, 'PlaceOrder'], data, order)
  }

  async #return(goodsReturn: PlannedReturn): Promise<void> {
    const { invoice, customer, lines } = goodsReturn
    const data = { customerId: customer, card, lines: linesOf(lines) }
    await this.#trade(['sales', 'return', invoice, 'ReturnGoods'], data, goodsReturn)
  }

  async #trade(
    path: readonly string[],
    data: unknown,
    { invoice, lines }: PlannedOrder | PlannedReturn
  ): Promise<void> {
    try {
      await this.#shop.command(path, data, `import:trade:${invoice}`)
    } catch (error) {
      if (!(error instanceof ShopRefusal)) throw error
      const reused = error.code === 'IDEMPOTENCY_KEY_REUSED' || error.code === 'illegal-state'
      const why = reused
        ? 'The shop knows this invoice already, with other lines: import the file into a fresh shop.'
        : error.message
      throw new ShopRefusal(error.status, error.code, `Invoice ${invoice}, line ${lines[0]?.line}: ${why}`)
    }
  }

  /** Looks at a row again and again until it says what is waited for. */
  async #until<Row>(path: readonly string[], reached: (row: Row) => boolean): Promise<Row> {
    for (let pauseMs = lookFirstMs; ; pauseMs = Math.min(pauseMs * 2, lookMaxMs)) {
      const row = (await this.#shop.row(path)) as Row | undefined
      if (row !== undefined && reached(row)) return row
      await pause(pauseMs)
    }
  }

  async #orderEnd(order: PlannedOrder): Promise<OrderEnd> {
    const { invoice } = order
    const ended = ['shipped', 'completed', 'cancelled']
    const { status } = await this.#until<{ status: string }>(['sales', 'order-history', invoice], (row) =>
      ended.includes(row.status)
    )
    if (status === 'cancelled') {
      const account = await this.#until<InvoiceRow>(['billing', 'invoices', `invoice-${invoice}`], isRepaid)
      return {
        order,
        status,
        chargedPence: account.paidPence,
        refundedPence: account.refundedPence,
        shipped: []
      }
    }
    const account = await this.#until<InvoiceRow>(
      ['billing', 'invoices', `invoice-${invoice}`],
      (row) => row.status === 'settled'
    )
    const shipment = await this.#until<ShipmentRow>(
      ['shipping', 'shipments', invoice],
      (row) => row.status !== 'prepared'
    )
    return {
      order,
      status: 'shipped',
      chargedPence: account.paidPence,
      refundedPence: account.refundedPence,
      shipped: shipment.items
    }
  }

  async #returnEnd(goodsReturn: PlannedReturn): Promise<ReturnEnd> {
    const { invoice, lines } = goodsReturn
    await this.#until<{ status: string }>(['sales', 'returns', invoice], (row) => row.status === 'completed')
    const account = await this.#until<InvoiceRow>(
      ['billing', 'invoices', `credit-note-${invoice}`],
      (row) => row.status === 'settled'
    )
    const hasGoods = lines.some((line) => line.kind === 'product')
    const goods = hasGoods
      ? await this.#until<ShipmentRow>(['shipping', 'returned-goods', invoice], () => true)
      : { items: [] }
    return { goodsReturn, refundedPence: account.refundedPence, returned: goods.items }
  }
}

interface InvoiceRow {
  readonly status: string
  readonly paidPence: number
  readonly refundedPence: number
}

interface ShipmentRow {
  readonly status: string
  readonly items: readonly { readonly stockCode: string; readonly quantity: number }[]
}

/** A cancelled order is at its end when what was paid for it is paid back. */
const isRepaid = (row: InvoiceRow): boolean => row.status === 'void' && row.paidPence === row.refundedPence
