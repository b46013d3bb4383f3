import { actor, contract, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const wallets = contract('wallets')
const Amount = z.object({ lot: z.string(), pence: z.int().min(1) })
const Fill = wallets.command('Fill', z.object({ pence: z.int().min(1) }))
const PayBid = wallets.command('PayBid', Amount)
const GiveBack = wallets.command('GiveBack', Amount)
const Filled = wallets.event('Filled', z.object({ pence: z.int() }))
const BidPaid = wallets.event('BidPaid', Amount.extend({ bidder: z.string() }))
const BidGivenBack = wallets.event('BidGivenBack', Amount)

const lots = contract('lots')
const Offer = z.object({ bidder: z.string(), pence: z.int() })
const PlaceBid = lots.command('PlaceBid', Offer)
const BidPlaced = lots.event(
  'BidPlaced',
  z.object({ lot: z.string(), best: Offer, beaten: Offer.optional() })
)

type Wallet = { status: 'wallet'; pence: number }
type Bid = { bidder: string; pence: number }
type Lot = { status: 'open'; best: Bid | undefined; bids: number }

const wallet = stateMachine<Wallet>('wallet', { status: 'wallet', pence: 0 })
  .evolve(Filled, { to: 'wallet' }, (now, { pence }) => ({ ...now, pence: now.pence + pence }))
  .evolve(BidPaid, { to: 'wallet' }, (now, { pence }) => ({ ...now, pence: now.pence - pence }))
  .evolve(BidGivenBack, { to: 'wallet' }, (now, { pence }) => ({ ...now, pence: now.pence + pence }))
  .on(Fill, { from: 'wallet', emits: Filled }, (_, { pence }) => Filled({ pence }))
  .on(PayBid, { from: 'wallet', emits: BidPaid }, ({ pence }, bid, { key: bidder }) =>
    bid.pence <= pence ? BidPaid({ ...bid, bidder }) : refuse('no-cover', 'There is not enough money.')
  )
  .on(GiveBack, { from: 'wallet', emits: BidGivenBack }, (_, back) => BidGivenBack(back))

const lot = stateMachine<Lot>('lot', { status: 'open', best: undefined, bids: 0 })
  .evolve(BidPlaced, { to: 'open' }, ({ bids }, { best }) => ({ status: 'open', best, bids: bids + 1 }))
  .on(PlaceBid, { from: 'open', emits: BidPlaced }, ({ best }, bid, { key }) => {
    if (!best) return BidPlaced({ lot: key, best: bid })
    return bid.pence > best.pence
      ? BidPlaced({ lot: key, best: bid, beaten: best })
      : BidPlaced({ lot: key, best, beaten: bid })
  })

const auctioneer = actor('auctioneer').on(BidPaid, ({ lot, bidder, pence }) =>
  PlaceBid.for(lot, { bidder, pence })
)

const cashier = actor('cashier').on(BidPlaced, ({ lot, beaten }) =>
  beaten ? GiveBack.for(beaten.bidder, { lot, pence: beaten.pence }) : undefined
)

const people = ['ann', 'bob', 'cy'] as const
const fillPence = 1_000

export const simulation = defineSimulation({
  system: () => system('auctions', [service(wallets, [wallet, cashier]), service(lots, [lot, auctioneer])]),
  workload: (random) => [
    ...people.map((key) => sent(Fill.for(key, { pence: fillPence }))),
    ...upTo(4 + random.below(10)).map(() => {
      const bid = { lot: random.pick(['vase', 'clock']), pence: 1 + random.below(600) }
      return sent(PayBid.for(random.pick(people), bid), random.below(2_000))
    })
  ],
  invariants: [
    invariant('money is in a wallet or in the best bid of a lot', ({ states, log }) => {
      const filled = log('wallets').filter(({ type }) => type === 'Filled').length * fillPence
      const inWallets = states<Wallet>('wallets/wallet').reduce((sum, { value }) => sum + value.pence, 0)
      const inBids = states<Lot>('lots/lot').reduce((sum, { value }) => sum + (value.best?.pence ?? 0), 0)
      return inWallets + inBids === filled || `There are ${inWallets + inBids} pence of ${filled}.`
    })
  ]
})
