import { contract, processManager, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const stock = contract('stock')
const Part = z.object({ orderId: z.string(), quantity: z.int().min(1) })
const Receive = stock.command('Receive', z.object({ quantity: z.int().min(1) }))
const Hold = stock.command('Hold', Part)
const Release = stock.command('Release', Part)
const Ship = stock.command('Ship', Part)
const Received = stock.event('Received', z.object({ quantity: z.int() }))
const Held = stock.event('Held', Part)
const Released = stock.event('Released', Part)
const Shipped = stock.event('Shipped', Part)

const orders = contract('orders')
const Wish = z.object({ item: z.string(), quantity: z.int().min(1) })
const ById = z.object({ orderId: z.string() })
const PlaceOrder = orders.command('PlaceOrder', Wish)
const CancelOrder = orders.command('CancelOrder', z.object({}))
const ConfirmOrder = orders.command('ConfirmOrder', z.object({}))
const RejectOrder = orders.command('RejectOrder', z.object({}))
const OrderPlaced = orders.event('OrderPlaced', Wish.extend({ orderId: z.string() }))
const OrderCancelled = orders.event('OrderCancelled', ById)
const OrderConfirmed = orders.event('OrderConfirmed', ById)
const OrderRejected = orders.event('OrderRejected', ById)

type Item = { status: 'kept'; onHand: number; held: number }

const item = stateMachine<Item>('item', { status: 'kept', onHand: 0, held: 0 })
  .evolve(Received, { to: 'kept' }, (kept, { quantity }) => ({ ...kept, onHand: kept.onHand + quantity }))
  .evolve(Held, { to: 'kept' }, (kept, { quantity }) => ({ ...kept, held: kept.held + quantity }))
  .evolve(Released, { to: 'kept' }, (kept, { quantity }) => ({ ...kept, held: kept.held - quantity }))
  .evolve(Shipped, { to: 'kept' }, (kept, { quantity }) => ({
    ...kept,
    onHand: kept.onHand - quantity,
    held: kept.held - quantity
  }))
  .on(Receive, { from: 'kept', emits: Received }, (_, part) => Received(part))
  .on(Hold, { from: 'kept', emits: Held }, ({ onHand, held }, part) =>
    part.quantity <= onHand - held ? Held(part) : refuse('sold-out', 'There is not enough of it.')
  )
  .on(Release, { from: 'kept', emits: Released }, (_, part) => Released(part))
  .on(Ship, { from: 'kept', emits: Shipped }, (_, part) => Shipped(part))

type Order = { status: 'new' | 'placed' | 'cancelled' | 'confirmed' | 'rejected' }

const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderPlaced, { from: 'new', to: 'placed' }, () => ({ status: 'placed' }))
  .evolve(OrderCancelled, { from: 'placed', to: 'cancelled' }, () => ({ status: 'cancelled' }))
  .evolve(OrderConfirmed, { from: 'placed', to: 'confirmed' }, () => ({ status: 'confirmed' }))
  .evolve(OrderRejected, { from: 'placed', to: 'rejected' }, () => ({ status: 'rejected' }))
  .on(PlaceOrder, { from: 'new', emits: OrderPlaced }, (_, wish, { key: orderId }) =>
    OrderPlaced({ ...wish, orderId })
  )
  .on(CancelOrder, { from: 'placed', emits: OrderCancelled }, (_, __, { key: orderId }) =>
    OrderCancelled({ orderId })
  )
  .on(ConfirmOrder, { from: 'placed', emits: OrderConfirmed }, (_, __, { key: orderId }) =>
    OrderConfirmed({ orderId })
  )
  .on(RejectOrder, { from: 'placed', emits: OrderRejected }, (_, __, { key: orderId }) =>
    OrderRejected({ orderId })
  )

const byOrder = ({ orderId }: { orderId: string }) => orderId

const fulfilment = processManager('fulfilment')
  .startsWith(OrderPlaced, byOrder)
  .step('hold', (step) =>
    step
      .send((order) => Hold.for(order.item, { orderId: order.orderId, quantity: order.quantity }))
      .doneBy(Held, byOrder)
      .undo((order) => Release.for(order.item, { orderId: order.orderId, quantity: order.quantity }))
  )
  .step('confirm', (step) =>
    step
      .after('hold')
      .send(({ orderId }) => ConfirmOrder.for(orderId, {}))
      .doneBy(OrderConfirmed, byOrder)
      .stays()
  )
  .cancelledBy(OrderCancelled, byOrder)
  .completes((order) => Ship.for(order.item, { orderId: order.orderId, quantity: order.quantity }))
  .fails(({ orderId }, { why }) => (why === 'cancelled' ? [] : RejectOrder.for(orderId, {})))

const items = ['lamp', 'chair'] as const

export const simulation = defineSimulation({
  system: () => system('stock', [service(stock, [item]), service(orders, [order, fulfilment])]),
  workload: (random) => [
    ...items.map((key) => sent(Receive.for(key, { quantity: 10 }))),
    ...upTo(4 + random.below(8)).flatMap((number) => {
      const atMs = random.below(2_000)
      const wish = { item: random.pick(items), quantity: 1 + random.below(4) }
      const place = sent(PlaceOrder.for(`o-${number}`, wish), atMs)
      const cancel = sent(CancelOrder.for(`o-${number}`, {}), atMs + random.below(60))
      return random.chance(0.4) ? [place, cancel] : [place]
    })
  ],
  invariants: [
    invariant('in the end nothing is held', ({ states }) => {
      const held = states<Item>('stock/item').find(({ value }) => value.held !== 0)
      return held === undefined || `${held.value.held} of ${held.key} are held.`
    }),
    invariant('what is confirmed is shipped, and nothing else', ({ states, log }) => {
      const shipped = log('stock').filter(({ type }) => type === 'Shipped').length
      const confirmed = states<Order>('orders/order').filter(
        ({ value }) => value.status === 'confirmed'
      ).length
      return shipped === confirmed || `${confirmed} orders are confirmed, ${shipped} are shipped.`
    })
  ]
})
