import { contract, processManager, projection, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const coupons = contract('coupons')
const Use = z.object({ basketId: z.string() })
const IssueCoupon = coupons.command('IssueCoupon', z.object({ uses: z.int().min(1) }))
const Redeem = coupons.command('Redeem', Use)
const Restore = coupons.command('Restore', Use)
const CouponIssued = coupons.event('CouponIssued', z.object({ uses: z.int() }))
const Redeemed = coupons.event('Redeemed', Use.extend({ code: z.string() }))
const Restored = coupons.event('Restored', Use.extend({ code: z.string() }))

const shop = contract('shop')
const Basket = z.object({ code: z.string(), pence: z.int() })
const CheckOut = shop.command('CheckOut', Basket)
const Abandon = shop.command('Abandon', z.object({}))
const Sell = shop.command('Sell', z.object({}))
const CheckedOut = shop.event('CheckedOut', Basket.extend({ basketId: z.string() }))
const Abandoned = shop.event('Abandoned', Use)
const BasketSold = shop.event('BasketSold', Use.extend({ code: z.string(), pence: z.int() }))

type Coupon = { status: 'none' } | { status: 'issued'; left: number; used: readonly string[] }

const coupon = stateMachine<Coupon>('coupon', { status: 'none' })
  .evolve(CouponIssued, { from: 'none', to: 'issued' }, (_, { uses }) => ({
    status: 'issued',
    left: uses,
    used: []
  }))
  .evolve(Redeemed, { from: 'issued', to: 'issued' }, ({ left, used }, { basketId }) => ({
    status: 'issued',
    left: left - 1,
    used: [...used, basketId]
  }))
  .evolve(Restored, { from: 'issued', to: 'issued' }, ({ left, used }, { basketId }) => ({
    status: 'issued',
    left: left + 1,
    used: used.filter((one) => one !== basketId)
  }))
  .on(IssueCoupon, { from: 'none', emits: CouponIssued }, (_, { uses }) => CouponIssued({ uses }))
  .on(Redeem, { from: 'issued', emits: Redeemed }, ({ left }, { basketId }, { key: code }) =>
    left > 0 ? Redeemed({ basketId, code }) : refuse('used-up', 'It was used too often.')
  )
  .on(Restore, { from: 'issued', emits: Restored }, ({ used }, { basketId }, { key: code }) =>
    used.includes(basketId) ? Restored({ basketId, code }) : refuse('not-used', 'It was not used there.')
  )

type BasketState =
  | { status: 'new' | 'abandoned' | 'sold' }
  | { status: 'checked-out'; code: string; pence: number }

const basket = stateMachine<BasketState>('basket', { status: 'new' })
  .evolve(CheckedOut, { from: 'new', to: 'checked-out' }, (_, { code, pence }) => ({
    status: 'checked-out',
    code,
    pence
  }))
  .evolve(Abandoned, { from: 'checked-out', to: 'abandoned' }, () => ({ status: 'abandoned' }))
  .evolve(BasketSold, { from: 'checked-out', to: 'sold' }, () => ({ status: 'sold' }))
  .on(CheckOut, { from: 'new', emits: CheckedOut }, (_, wish, { key: basketId }) =>
    CheckedOut({ basketId, ...wish })
  )
  .on(Abandon, { from: 'checked-out', emits: Abandoned }, (_, __, { key: basketId }) =>
    Abandoned({ basketId })
  )
  .on(Sell, { from: 'checked-out', emits: BasketSold }, ({ code, pence }, _, { key: basketId }) =>
    BasketSold({ basketId, code, pence })
  )

const byBasket = ({ basketId }: { basketId: string }) => basketId

const checkout = processManager('checkout')
  .startsWith(CheckedOut, byBasket)
  .step('redeem', (step) =>
    step
      .send(({ code, basketId }) => Redeem.for(code, { basketId }))
      .doneBy(Redeemed, byBasket)
      .undo(({ code, basketId }) => Restore.for(code, { basketId }))
  )
  .step('sell', (step) =>
    step
      .after('redeem')
      .send(({ basketId }) => Sell.for(basketId, {}))
      .doneBy(BasketSold, byBasket)
      .stays()
  )
  .cancelledBy(Abandoned, byBasket)
  .deadline({ hours: 2 })
  .fails(({ basketId }, { why }) => (why === 'cancelled' ? [] : Abandon.for(basketId, {})))

type Row = { redeemed: number; restored: number; soldPence: number }

const byCode = ({ code }: { code: string }) => code

const campaigns = projection<Row>('campaigns', { initial: { redeemed: 0, restored: 0, soldPence: 0 } })
  .on(Redeemed, byCode, (row) => ({ ...row, redeemed: row.redeemed + 1 }))
  .on(Restored, byCode, (row) => ({ ...row, restored: row.restored + 1 }))
  .on(BasketSold, byCode, (row, { pence }) => ({ ...row, soldPence: row.soldPence + pence }))

const uses = 3

export const simulation = defineSimulation({
  system: () => system('coupons', [service(coupons, [coupon, campaigns]), service(shop, [basket, checkout])]),
  workload: (random) => [
    ...['spring', 'summer'].map((code) => sent(IssueCoupon.for(code, { uses }))),
    ...upTo(4 + random.below(8)).flatMap((number) => {
      const key = `b-${number}`
      const atMs = random.below(2_000)
      const out = sent(CheckOut.for(key, { code: random.pick(['spring', 'summer']), pence: 500 }), atMs)
      return random.chance(0.4) ? [out, sent(Abandon.for(key, {}), atMs + random.below(40))] : [out]
    })
  ],
  invariants: [
    invariant('a coupon is used as often as it sold something', ({ states }) => {
      const used = states<Coupon>('coupons/coupon').flatMap(({ value }) =>
        value.status === 'issued' ? value.used : []
      )
      const sold = states<BasketState>('shop/basket').filter(({ value }) => value.status === 'sold')
      return used.length === sold.length || `${used.length} are used, ${sold.length} baskets are sold.`
    })
  ]
})
