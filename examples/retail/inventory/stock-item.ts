import { refuse, stateMachine } from 'skerry'
import { ReceiveStock, StockReceived, StockRestocked } from './contract.ts'
import {
  FreeUnits,
  HoldUnits,
  RestockUnits,
  TakeUnits,
  UnitsFreed,
  UnitsHeld,
  UnitsShort,
  UnitsTaken
} from './own-messages.ts'

/** `onHand` units lie at `location`; `reserved` of them are kept for orders. Never less than nothing is left. */
type StockItem = { status: 'kept'; onHand: number; reserved: number; location: string }

const goodsIn = 'goods-in'

/** The stock of one product, by its stock code. Which order holds how much is the reservations' knowledge. */
export const stockItem = stateMachine<StockItem>('stock-item', {
  status: 'kept',
  onHand: 0,
  reserved: 0,
  location: goodsIn
})
  .evolve(StockReceived, { to: 'kept' }, (item, { quantity, location }) => ({
    ...item,
    onHand: item.onHand + quantity,
    location
  }))
  .evolve(StockRestocked, { to: 'kept' }, (item, { quantity }) => ({
    ...item,
    onHand: item.onHand + quantity
  }))
  .evolve(UnitsHeld, { to: 'kept' }, (item, { quantity }) => ({
    ...item,
    reserved: item.reserved + quantity
  }))
  .evolve(UnitsShort, { to: 'kept' }, (item) => item)
  .evolve(UnitsFreed, { to: 'kept' }, (item, { quantity }) => ({
    ...item,
    reserved: item.reserved - quantity
  }))
  .evolve(UnitsTaken, { to: 'kept' }, (item, { quantity }) => ({
    ...item,
    onHand: item.onHand - quantity,
    reserved: item.reserved - quantity
  }))

  .on(ReceiveStock, { from: 'kept', emits: StockReceived }, (item, { quantity, location }, { key }) =>
    StockReceived({ stockCode: key, quantity, location: location ?? item.location })
  )
  .on(RestockUnits, { from: 'kept', emits: StockRestocked }, (_, { quantity }, { key }) =>
    StockRestocked({ stockCode: key, quantity })
  )
  .on(HoldUnits, { from: 'kept', emits: [UnitsHeld, UnitsShort] }, (item, { orderId, quantity }, { key }) => {
    const available = item.onHand - item.reserved
    return quantity <= available
      ? UnitsHeld({ stockCode: key, orderId, quantity })
      : UnitsShort({ stockCode: key, orderId, quantity, available })
  })
  .on(FreeUnits, { from: 'kept', emits: UnitsFreed }, (item, { orderId, quantity }, { key }) =>
    quantity <= item.reserved
      ? UnitsFreed({ stockCode: key, orderId, quantity })
      : refuse('not-held', `Only ${item.reserved} units of ${key} are held.`)
  )
  .on(TakeUnits, { from: 'kept', emits: UnitsTaken }, (item, { orderId, quantity }, { key }) =>
    quantity <= item.reserved
      ? UnitsTaken({ stockCode: key, orderId, quantity })
      : refuse('not-held', `Only ${item.reserved} units of ${key} are held.`)
  )
