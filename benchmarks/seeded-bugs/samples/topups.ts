import { actor, contract, projection, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { CardBank } from '../outside/card-bank.ts'
import { sent, upTo } from '../outside/sent.ts'

const cards = contract('cards')
const Wish = z.object({ wallet: z.string(), card: z.string(), pence: z.int().min(1) })
const TopUp = cards.command('TopUp', Wish)
const RecordCharge = cards.command('RecordCharge', z.object({ receipt: z.string() }), { internal: true })
const RecordDecline = cards.command('RecordDecline', z.object({}), { internal: true })
const TopUpAsked = cards.event('TopUpAsked', Wish.extend({ topUpId: z.string() }))
const Charged = cards.event('Charged', z.object({ topUpId: z.string(), wallet: z.string(), pence: z.int() }))
const Declined = cards.event('Declined', z.object({ topUpId: z.string(), wallet: z.string() }))

type State = { status: 'new' | 'charged' | 'declined' } | { status: 'asked'; wallet: string; pence: number }

const topUp = stateMachine<State>('top-up', { status: 'new' })
  .evolve(TopUpAsked, { from: 'new', to: 'asked' }, (_, { wallet, pence }) => ({
    status: 'asked',
    wallet,
    pence
  }))
  .evolve(Charged, { from: 'asked', to: 'charged' }, () => ({ status: 'charged' }))
  .evolve(Declined, { from: 'asked', to: 'declined' }, () => ({ status: 'declined' }))
  .on(TopUp, { from: 'new', emits: TopUpAsked }, (_, wish, { key: topUpId }) =>
    TopUpAsked({ topUpId, ...wish })
  )
  .on(RecordCharge, { from: 'asked', emits: Charged }, ({ wallet, pence }, _, { key: topUpId }) =>
    Charged({ topUpId, wallet, pence })
  )
  .on(RecordDecline, { from: 'asked', emits: Declined }, ({ wallet }, _, { key: topUpId }) =>
    Declined({ topUpId, wallet })
  )

const cardDesk = (bank: CardBank) =>
  actor('card-desk').effect(
    TopUpAsked,
    { retry: { attempts: 5, base: { ms: 100 } } },
    async ({ topUpId, card, pence }, { idempotencyKey }) => {
      const verdict = await bank.charge({ card, pence, idempotencyKey })
      if ('declined' in verdict) return RecordDecline.for(topUpId, {})
      return RecordCharge.for(topUpId, { receipt: verdict.receipt })
    }
  )

const wallets = contract('wallets')
const Pay = z.object({ pence: z.int(), topUpId: z.string() })
const PayIn = wallets.command('PayIn', Pay)
const PaidIn = wallets.event('PaidIn', Pay.extend({ wallet: z.string() }))

const wallet = stateMachine<{ status: 'wallet'; pence: number }>('wallet', { status: 'wallet', pence: 0 })
  .evolve(PaidIn, { to: 'wallet' }, (now, { pence }) => ({ ...now, pence: now.pence + pence }))
  .on(PayIn, { from: 'wallet', emits: PaidIn }, (_, pay, { key }) => PaidIn({ wallet: key, ...pay }))

const cashier = actor('cashier').on(Charged, ({ wallet, pence, topUpId }) =>
  PayIn.for(wallet, { pence, topUpId })
)

type Row = { asked: number; pence: number; declined: number }

const statement = projection<Row>('statement', { initial: { asked: 0, pence: 0, declined: 0 } })
  .on(
    TopUpAsked,
    ({ wallet }) => wallet,
    (row) => ({ ...row, asked: row.asked + 1 })
  )
  .on(
    PaidIn,
    ({ wallet }) => wallet,
    (row, { pence }) => ({ ...row, pence: row.pence + pence })
  )
  .on(
    Declined,
    ({ wallet }) => wallet,
    (row) => ({ ...row, declined: row.declined + 1 })
  )

type World = { bank: CardBank }

export const simulation = defineSimulation<World>({
  outside: () => ({ bank: new CardBank() }),
  system: ({ bank }) =>
    system('topups', [
      service(cards, [topUp, cardDesk(bank)]),
      service(wallets, [wallet, cashier, statement])
    ]),
  workload: (random) =>
    upTo(4 + random.below(8)).map((number) => {
      const card = random.pick(['4000', '5000', '6000-empty'])
      const wish = { wallet: random.pick(['ann', 'bob']), card, pence: 1_000 + number }
      return sent(TopUp.for(`u-${number}`, wish), random.below(2_000))
    }),
  invariants: [
    invariant<World>('what the bank has taken is in the wallets', ({ states, outside }) => {
      const inWallets = states<{ pence: number }>('wallets/wallet').reduce(
        (sum, { value }) => sum + value.pence,
        0
      )
      const { takenPence } = outside.bank
      return takenPence === inWallets || `The bank has taken ${takenPence}, the wallets have ${inWallets}.`
    })
  ]
})
