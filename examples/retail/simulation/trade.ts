import type { CommandMessage, DataOf } from 'skerry'
import type { Random, SimulatedCommand } from 'skerry/simulator'
import { RefundCustomer, RetryRefund } from '../billing/contract.ts'
import {
  ListProduct,
  PriceProduct,
  RenameProduct,
  ViewProduct,
  WithdrawProduct
} from '../catalog/contract.ts'
import { ReceiveStock } from '../inventory/contract.ts'
import { CancelOrder, PlaceOrder, ReturnGoods } from '../sales/contract.ts'
import { testCards } from '../sandbox/test-cards.ts'
import { DeliverShipment } from '../shipping/contract.ts'
import { nobody } from './mailbox.ts'

type Line = DataOf<typeof PlaceOrder>['lines'][number]

const ordersMax = 20
/** Orders are placed until then, in milliseconds of the world. */
const tradeMs = 1_400

const stockCodes = ['10001', '10002', '10003', '10004', '10005'] as const
const customers = ['ann', 'bob', 'cleo'] as const
const { approved } = testCards

/** Most cards are good; some need patience, some are turned down, and some only by the shop. */
const cards = [
  ...Array.from({ length: 8 }, () => approved),
  testCards.refundDeclined,
  testCards.refundDeclined,
  testCards.insufficientFunds,
  testCards.late,
  testCards.silentCharged,
  testCards.silentNotCharged,
  testCards.unavailableTwice,
  testCards.brokenOnce,
  testCards.unavailable,
  testCards.refused
] as const

/** Cards that goods are refunded to: each takes or declines the money in the end. */
const refundCards = [approved, approved, approved, testCards.refundDeclined, testCards.silentCharged] as const

const at = (atMs: number, { service, type, key, data }: CommandMessage): SimulatedCommand => ({
  service,
  type,
  key,
  data,
  atMs: Math.round(atMs)
})

function lineOf(random: Random): Line {
  const stockCode = random.pick(stockCodes)
  // Now and then more than the shelf ever holds.
  const quantity = random.chance(0.08) ? 1_000 : 1 + random.below(3)
  const unitPence = random.chance(0.05) ? 0 : 100 + random.below(900)
  return { stockCode, name: '', quantity, unitPence }
}

function linesOf(random: Random): Line[] {
  const postage: Line = { stockCode: 'POST', name: 'POSTAGE', quantity: 1, unitPence: 395 }
  if (random.chance(0.08)) return [postage]
  const lines = Array.from({ length: 1 + random.below(3) }, () => lineOf(random))
  return random.chance(0.4) ? [...lines, postage] : lines
}

/** The first stock, and what suppliers bring later. */
function* supplies(random: Random): Generator<SimulatedCommand> {
  for (const stockCode of stockCodes) {
    yield at(0, ListProduct.for(stockCode, { name: `THING ${stockCode}`, listPence: 500 }))
    yield at(0, ReceiveStock.for(stockCode, { quantity: 3 + random.below(12), location: 'A-01' }))
    if (random.chance(0.5)) yield at(random.below(tradeMs), ReceiveStock.for(stockCode, { quantity: 4 }))
  }
}

/** People look around, and the catalogue changes under their eyes. */
function* catalogue(random: Random): Generator<SimulatedCommand> {
  for (let view = 0; view < 12; view++)
    yield at(random.below(tradeMs), ViewProduct.for(random.pick(stockCodes), {}))
  for (let change = 0; change < 4; change++) {
    const stockCode = random.pick(stockCodes)
    const when = random.below(tradeMs)
    if (random.chance(0.4)) yield at(when, RenameProduct.for(stockCode, { name: `BETTER ${change}` }))
    else if (random.chance(0.6)) yield at(when, PriceProduct.for(stockCode, { listPence: 500 + change * 50 }))
    else {
      yield at(when, WithdrawProduct.for(stockCode, {}))
      if (random.chance(0.7))
        yield at(when + 200, ListProduct.for(stockCode, { name: 'BACK AGAIN', listPence: 600 }))
    }
  }
}

/** An order, and what its customer and its carrier do about it. */
function* order(random: Random, number: number): Generator<SimulatedCommand> {
  const orderId = `order-${number}`
  const when = 20 + random.below(tradeMs)
  const customerId = random.pick(customers)
  const card = random.pick(cards)
  const lines = linesOf(random)
  const email = random.chance(0.1) ? { email: nobody } : {}
  yield at(when, PlaceOrder.for(orderId, { customerId, card: card.number, lines, ...email }))
  // Soon, so that it meets the order at each of its stages.
  if (random.chance(0.3))
    yield at(when + random.around(60), CancelOrder.for(orderId, { reason: 'changed my mind' }))
  if (random.chance(0.5)) yield at(when + 300 + random.below(1_500), DeliverShipment.for(orderId, {}))
  // The refund of a cancelled order that its card did not take.
  if (random.chance(0.3))
    yield at(when + 1_500, RetryRefund.for(`order-${orderId}`, { card: approved.number }))
  if (!random.chance(0.25)) return
  const returnId = `return-${number}`
  const backMs = when + 500 + random.below(500)
  const { number: refundTo } = random.pick(refundCards)
  yield at(
    backMs,
    ReturnGoods.for(returnId, { orderId, customerId, card: refundTo, lines: lines.slice(0, 2) })
  )
  for (const [index, nextCard] of [testCards.refundDeclined, approved].entries())
    if (random.chance(0.7))
      yield at(backMs + 700 * (index + 1), RetryRefund.for(`return-${returnId}`, { card: nextCard.number }))
}

/** What a shop sees on a busy day: some twenty orders with all that follows from them. */
export function* trade(random: Random): Generator<SimulatedCommand> {
  yield* supplies(random)
  yield* catalogue(random)
  for (let number = 1; number <= ordersMax; number++) yield* order(random, number)
  for (let gift = 1; gift <= 2; gift++) {
    const [customerId, { number: card }] = [random.pick(customers), random.pick(refundCards)]
    const pence = random.chance(0.2) ? 0 : 100
    const cause = { kind: 'goodwill' as const, id: `gift-${gift}` }
    yield at(random.below(tradeMs), RefundCustomer.for(`gift-${gift}`, { customerId, card, pence, cause }))
  }
}
