import { type DataOf, refuse, stateMachine } from 'skerry'
import {
  OutOfStock,
  ReleaseStock,
  ReservationWithdrawn,
  ReserveStock,
  StockCollected,
  StockReleased,
  StockReserved
} from './contract.ts'
import { type Item, merged } from './items.ts'
import { CollectStock, HoldRecorded, RecordHold, ReservationRequested } from './own-messages.ts'

type Short = DataOf<typeof OutOfStock>['short'][number]

type Reserving = {
  status: 'reserving'
  orderId: string
  items: Item[]
  /** Codes whose stock item has not answered yet. */
  outstanding: string[]
  short: Short[]
  /** It was released meanwhile: whatever is held is freed once every stock item has answered. */
  unwanted: boolean
}

type Reservation =
  | { status: 'new' }
  | Reserving
  | { status: 'reserved'; orderId: string; items: Item[] }
  | { status: 'out-of-stock' | 'released' | 'collected'; orderId: string }

/** The state after one more stock item has answered. */
function answered(state: Reserving, stockCode: string, available: number): Reserving {
  const outstanding = state.outstanding.filter((code) => code !== stockCode)
  const wanted = state.items.find((item) => item.stockCode === stockCode)?.quantity ?? 0
  const short = available < wanted ? [...state.short, { stockCode, wanted, available }] : state.short
  return { ...state, outstanding, short }
}

/** What the stock items hold for the order once all have answered. */
function heldItems({ items, short }: Reserving): Item[] {
  const missing = new Set(short.map(({ stockCode }) => stockCode))
  return items.filter(({ stockCode }) => !missing.has(stockCode))
}

/**
 * The reservation of one order, by its id: whole or nothing. Every stock item is asked at once; when all have
 * answered, the order is reserved, or what is held for it is freed again. See README.md for why.
 */
export const reservation = stateMachine<Reservation>('reservation', { status: 'new' })
  .evolve(ReservationRequested, { from: 'new', to: 'reserving' }, (_, { orderId, items }) => {
    const outstanding = items.map(({ stockCode }) => stockCode)
    return { status: 'reserving', orderId, items, outstanding, short: [], unwanted: false }
  })
  .evolve(HoldRecorded, { from: 'reserving', to: 'reserving' }, (state, { stockCode, available }) =>
    answered(state, stockCode, available)
  )
  .evolve(StockReserved, { from: ['new', 'reserving'], to: 'reserved' }, (_, { orderId, items }) => ({
    status: 'reserved',
    orderId,
    items
  }))
  .evolve(OutOfStock, { from: 'reserving', to: 'out-of-stock' }, (_, { orderId }) => ({
    status: 'out-of-stock',
    orderId
  }))
  .evolve(
    StockReleased,
    { from: ['new', 'reserving', 'reserved'], to: ['reserving', 'released'] },
    (state, { orderId }) =>
      state.status === 'reserving' ? { ...state, unwanted: true } : { status: 'released', orderId }
  )
  .evolve(ReservationWithdrawn, { from: 'reserving', to: 'released' }, (_, { orderId }) => ({
    status: 'released',
    orderId
  }))
  .evolve(StockCollected, { from: 'reserved', to: 'collected' }, (_, { orderId }) => ({
    status: 'collected',
    orderId
  }))

  .on(ReserveStock, { from: 'new', emits: [ReservationRequested, StockReserved] }, (_, command, { key }) => {
    const items = merged(command.items)
    return items.length > 0
      ? ReservationRequested({ orderId: key, items })
      : StockReserved({ orderId: key, items })
  })
  .on(
    RecordHold,
    { from: 'reserving', emits: [HoldRecorded, StockReserved, OutOfStock, ReservationWithdrawn] },
    (state, { stockCode, available }) => {
      const { orderId, items } = state
      if (!state.outstanding.includes(stockCode)) {
        return refuse('not-asked', `Reservation ${orderId} does not wait for ${stockCode}.`)
      }
      const next = answered(state, stockCode, available)
      if (next.outstanding.length > 0) return HoldRecorded({ orderId, stockCode, available })
      const freed = heldItems(next)
      if (next.unwanted) return ReservationWithdrawn({ orderId, freed })
      return next.short.length > 0
        ? OutOfStock({ orderId, short: next.short, freed })
        : StockReserved({ orderId, items })
    }
  )
  .on(ReleaseStock, { from: ['new', 'reserving', 'reserved'], emits: StockReleased }, (state, _, { key }) => {
    if (state.status === 'reserving' && state.unwanted) {
      return refuse('already-released', `Reservation ${key} is already released.`)
    }
    return StockReleased({ orderId: key, items: state.status === 'reserved' ? state.items : [] })
  })
  .on(CollectStock, { from: 'reserved', emits: StockCollected }, ({ orderId, items }) =>
    StockCollected({ orderId, items })
  )
