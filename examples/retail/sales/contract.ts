import { contract } from 'skerry'
import { z } from 'zod'

export const sales = contract('sales')

const stockCode = z.string().min(1).max(40)
const quantity = z.int().min(1).max(10_000_000)
const pence = z.int().min(0).max(100_000_000)
const customerId = z.string().min(1).max(100)
const email = z.email().max(254)
const country = z.string().max(100)
/** The sandbox's test cards stand for the token that a real provider gives; a card's own number has no place here. */
const card = z.string().min(1).max(64)

const AskedLine = z.object({ stockCode, name: z.string().max(200), quantity, unitPence: pence })

/** Products are stocked and counted in units; services (postage, carriage, a discount) are money only. */
const Line = AskedLine.extend({ kind: z.enum(['product', 'service']) })
const lines = z.array(Line).min(1)
/** The units of products in the lines, each stock code once; empty when there are only services. */
const items = z.array(z.object({ stockCode, quantity: z.int().min(1) }))

const Order = z.object({
  orderId: z.string(),
  customerId,
  /** Empty when the customer gave none. */
  email: z.string(),
  /** Where it goes; empty when the customer did not say. */
  country,
  lines,
  items,
  totalPence: z.int().min(0)
})

/** The shop has accepted the order at the prices agreed in it. Nothing is reserved or charged yet. */
export const OrderAccepted = sales.event('OrderAccepted', Order.extend({ card }))
/** Stock is reserved and the customer has paid: from now on the order cannot be cancelled. */
export const OrderConfirmed = sales.event('OrderConfirmed', Order)
export const OrderShipped = sales.event('OrderShipped', z.object({ orderId: z.string(), customerId }))
/** The customer has the goods. */
export const OrderCompleted = sales.event('OrderCompleted', z.object({ orderId: z.string(), customerId }))
/** The order will not ship. Whatever was reserved or charged for it is given back. */
export const OrderCancelled = sales.event('OrderCancelled', Order.extend({ reason: z.string() }))

const Return = z.object({
  returnId: z.string(),
  /** The order it came with, when the customer says so; nobody checks. */
  orderId: z.string().optional(),
  customerId,
  lines,
  items,
  refundPence: z.int().min(0)
})

/** The shop takes these goods back, on the customer's word, and owes the refund. */
export const ReturnAccepted = sales.event('ReturnAccepted', Return.extend({ card }))
/** The refund of the return has been paid; its goods are still on their way. */
export const ReturnRefunded = sales.event('ReturnRefunded', z.object({ returnId: z.string(), customerId }))
/** The goods of the return are back; its refund is still to be paid. */
export const ReturnReceived = sales.event('ReturnReceived', z.object({ returnId: z.string(), customerId }))
/** The goods are back and the money is paid: nothing is left to do for the return. */
export const ReturnCompleted = sales.event('ReturnCompleted', z.object({ returnId: z.string(), customerId }))

/** Key: the order's id. The same stock code may come in several lines, also at different prices. */
export const PlaceOrder = sales.command(
  'PlaceOrder',
  z.object({
    customerId,
    email: email.optional(),
    country: country.optional(),
    card,
    lines: z.array(AskedLine).min(1).max(2_500)
  })
)
/** The customer changes their mind. Refused once the order is confirmed. */
export const CancelOrder = sales.command('CancelOrder', z.object({ reason: z.string().min(1).max(500) }))
/** Stock and money are there. Refused when the order was cancelled meanwhile. */
export const ConfirmOrder = sales.command('ConfirmOrder', z.object({}))
/** The order cannot be fulfilled. */
export const RejectOrder = sales.command('RejectOrder', z.object({ reason: z.string().min(1).max(500) }))
/** Key: the return's id, such as the number of its credit note. */
export const ReturnGoods = sales.command(
  'ReturnGoods',
  z.object({
    orderId: z.string().min(1).max(200).optional(),
    customerId,
    card,
    lines: z.array(AskedLine).min(1).max(2_500)
  })
)

const orderStatus = z.enum(['accepted', 'ready', 'shipped', 'completed', 'cancelled'])

/** Orders without their lines, by order id. */
export const OrderHistory = sales.query(
  'order-history',
  z.object({
    orderId: z.string(),
    customerId,
    status: orderStatus,
    totalPence: z.int(),
    lineCount: z.int(),
    units: z.int(),
    acceptedMs: z.int(),
    changedMs: z.int(),
    /** Why it was cancelled; empty when it was not. */
    reason: z.string()
  })
)

/** What was ordered, by order id. */
export const OrderLines = sales.query('order-lines', z.object({ orderId: z.string(), country, lines }))

/**
 * One row, `all`, about the whole shop. An order is open until it is shipped or cancelled, a return until it is
 * completed: when both `open` counts are 0, everything that sales knows of has come to its end.
 */
export const OrderTotals = sales.query(
  'order-totals',
  z.object({
    orders: z.object({
      accepted: z.int(),
      confirmed: z.int(),
      shipped: z.int(),
      completed: z.int(),
      cancelled: z.int(),
      open: z.int()
    }),
    returns: z.object({ accepted: z.int(), completed: z.int(), open: z.int() })
  })
)

/** Returns without their lines, by return id. */
export const Returns = sales.query(
  'returns',
  z.object({
    returnId: z.string(),
    customerId,
    status: z.enum(['accepted', 'refunded', 'received', 'completed']),
    refundPence: z.int(),
    units: z.int(),
    acceptedMs: z.int()
  })
)

/** Sales' own copy of what products are called and what they are listed at, by stock code. */
export const ProductCopies = sales.query(
  'product-copies',
  z.object({ stockCode, name: z.string(), listPence: pence, offered: z.boolean() })
)
