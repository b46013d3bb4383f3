import { actor, contract, projection, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { Mailbox } from '../outside/mailbox.ts'
import { sent, upTo } from '../outside/sent.ts'

const till = contract('till')
const Sale = z.object({ saleId: z.string(), customer: z.string(), pence: z.int() })
const Sell = till.command('Sell', Sale.omit({ saleId: true }))
const TakeBack = till.command('TakeBack', z.object({}))
const Sold = till.event('Sold', Sale)
const TakenBack = till.event('TakenBack', Sale)

type SaleState = { status: 'new' | 'back' } | { status: 'sold'; customer: string; pence: number }

const sale = stateMachine<SaleState>('sale', { status: 'new' })
  .evolve(Sold, { from: 'new', to: 'sold' }, (_, { customer, pence }) => ({
    status: 'sold',
    customer,
    pence
  }))
  .evolve(TakenBack, { from: 'sold', to: 'back' }, () => ({ status: 'back' }))
  .on(Sell, { from: 'new', emits: Sold }, (_, wish, { key: saleId }) => Sold({ saleId, ...wish }))
  .on(TakeBack, { from: 'sold', emits: TakenBack }, ({ customer, pence }, _, { key: saleId }) =>
    TakenBack({ saleId, customer, pence })
  )

const club = contract('club')
const GivePoints = club.command('GivePoints', z.object({ saleId: z.string(), points: z.int() }))
const TakePoints = club.command('TakePoints', z.object({ saleId: z.string(), points: z.int() }))
const PointsGiven = club.event(
  'PointsGiven',
  z.object({ customer: z.string(), points: z.int(), total: z.int() })
)
const PointsTaken = club.event(
  'PointsTaken',
  z.object({ customer: z.string(), points: z.int(), total: z.int() })
)

type Card = { status: 'card'; points: number; sales: readonly string[] }

const card = stateMachine<Card>('card', { status: 'card', points: 0, sales: [] })
  .evolve(PointsGiven, { to: 'card' }, (now, { total }) => ({ ...now, points: total }))
  .evolve(PointsTaken, { to: 'card' }, (now, { total }) => ({ ...now, points: total }))
  .on(GivePoints, { from: 'card', emits: PointsGiven }, (now, { points }, { key: customer }) =>
    PointsGiven({ customer, points, total: now.points + points })
  )
  .on(TakePoints, { from: 'card', emits: PointsTaken }, (now, { points }, { key: customer }) =>
    PointsTaken({ customer, points, total: now.points - points })
  )

const pointsOf = (pence: number): number => Math.floor(pence / 100)

const clerk = actor('clerk')
  .on(Sold, ({ saleId, customer, pence }) => GivePoints.for(customer, { saleId, points: pointsOf(pence) }))
  .on(TakenBack, ({ saleId, customer, pence }) =>
    TakePoints.for(customer, { saleId, points: pointsOf(pence) })
  )

const standing = projection<{ points: number }>('standing', { initial: { points: 0 } })
  .on(
    PointsGiven,
    ({ customer }) => customer,
    (row, { points }) => ({ points: row.points + points })
  )
  .on(
    PointsTaken,
    ({ customer }) => customer,
    (row, { points }) => ({ points: row.points - points })
  )

const giftPoints = 10

/** Who passes ten points is sent a gift: the event itself says how many there are. */
const gifts = (mailbox: Mailbox) =>
  actor('gifts').effect(PointsGiven, {}, async ({ customer, points, total }, { idempotencyKey }) => {
    if (total < giftPoints || total - points >= giftPoints) return undefined
    await mailbox.send({ to: customer, text: `A gift for ${total} points`, messageId: idempotencyKey })
    return undefined
  })

const people = ['ann', 'bob', 'cy'] as const

type World = { mailbox: Mailbox }

export const simulation = defineSimulation<World>({
  outside: () => ({ mailbox: new Mailbox() }),
  system: ({ mailbox }) =>
    system('loyalty', [service(till, [sale]), service(club, [card, clerk, standing, gifts(mailbox)])]),
  workload: (random) =>
    upTo(5 + random.below(12)).flatMap((number) => {
      const key = `s-${number}`
      const atMs = random.below(2_000)
      const sell = sent(Sell.for(key, { customer: random.pick(people), pence: 150 * random.below(8) }), atMs)
      return random.chance(0.2) ? [sell, sent(TakeBack.for(key, {}), atMs + random.below(400))] : [sell]
    }),
  invariants: [
    invariant('the points of a card are those of its sales', ({ states }) => {
      const sold = states<SaleState>('till/sale').map(({ value }) =>
        value.status === 'sold' ? pointsOf(value.pence) : 0
      )
      const due = sold.reduce((sum, points) => sum + points, 0)
      const given = states<Card>('club/card').reduce((sum, { value }) => sum + value.points, 0)
      return due === given || `${given} points were given, ${due} are due.`
    }),
    invariant<World>('who passes ten points is sent a gift', ({ log, outside }) => {
      const passed = log('club').filter(({ type, data }) => {
        const { points, total } = data as { points: number; total: number }
        return type === 'PointsGiven' && total >= giftPoints && total - points < giftPoints
      })
      const gifts = outside.mailbox.mails.filter(({ text }) => text.startsWith('A gift'))
      return passed.length === gifts.length || `${passed.length} gifts are due, ${gifts.length} are sent.`
    })
  ]
})
