import { actor, contract, processManager, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const desk = contract('desk')
const Deal = z.object({ quoteId: z.string(), pence: z.int() })
const AskQuote = desk.command('AskQuote', z.object({ pence: z.int().min(1) }))
const AcceptQuote = desk.command('AcceptQuote', z.object({}))
const ExpireQuote = desk.command('ExpireQuote', z.object({}), { internal: true })
const QuoteGiven = desk.event('QuoteGiven', Deal)
const QuoteAccepted = desk.event('QuoteAccepted', Deal)
const QuoteExpired = desk.event('QuoteExpired', Deal)

type Quote = { status: 'new' } | { status: 'given' | 'accepted' | 'expired'; pence: number }

const quote = stateMachine<Quote>('quote', { status: 'new' })
  .evolve(QuoteGiven, { from: 'new', to: 'given' }, (_, { pence }) => ({ status: 'given', pence }))
  .evolve(QuoteAccepted, { from: 'given', to: 'accepted' }, (now) => ({ ...now, status: 'accepted' }))
  .evolve(QuoteExpired, { from: 'given', to: 'expired' }, (now) => ({ ...now, status: 'expired' }))
  .on(AskQuote, { from: 'new', emits: QuoteGiven }, (_, { pence }, { key: quoteId }) =>
    QuoteGiven({ quoteId, pence })
  )
  .on(AcceptQuote, { from: 'given', emits: QuoteAccepted }, ({ pence }, _, { key: quoteId }) =>
    QuoteAccepted({ quoteId, pence })
  )
  .on(ExpireQuote, { from: 'given', emits: QuoteExpired }, ({ pence }, _, { key: quoteId }) =>
    QuoteExpired({ quoteId, pence })
  )

const byQuote = ({ quoteId }: { quoteId: string }) => quoteId

/** A quote stands for one second; whether it was accepted in time is the quote's to say. */
const validity = processManager('validity')
  .startsWith(QuoteGiven, byQuote)
  .step('acceptance', (step) => step.doneBy(QuoteAccepted, byQuote).stays().timeout({ seconds: 1 }))
  .fails(({ quoteId }) => ExpireQuote.for(quoteId, {}))

const treasury = contract('treasury')
const Cover = z.object({ quoteId: z.string(), pence: z.int() })
const Reserve = treasury.command('Reserve', Cover)
const Free = treasury.command('Free', Cover)
const Spend = treasury.command('Spend', Cover)
const Reserved = treasury.event('Reserved', Cover)
const Freed = treasury.event('Freed', Cover)
const Spent = treasury.event('Spent', Cover)

type Pot = { status: 'pot'; reserved: number; spent: number }

const pot = stateMachine<Pot>('pot', { status: 'pot', reserved: 0, spent: 0 })
  .evolve(Reserved, { to: 'pot' }, (now, { pence }) => ({ ...now, reserved: now.reserved + pence }))
  .evolve(Freed, { to: 'pot' }, (now, { pence }) => ({ ...now, reserved: now.reserved - pence }))
  .evolve(Spent, { to: 'pot' }, (now, { pence }) => ({
    ...now,
    reserved: now.reserved - pence,
    spent: now.spent + pence
  }))
  .on(Reserve, { from: 'pot', emits: Reserved }, (_, cover) => Reserved(cover))
  .on(Free, { from: 'pot', emits: Freed }, (_, cover) => Freed(cover))
  .on(Spend, { from: 'pot', emits: Spent }, (_, cover) => Spent(cover))

/** Every quote is covered from the beginning to its end. */
const dealer = actor('dealer')
  .on(QuoteGiven, (deal) => Reserve.for('pounds', deal))
  .on(QuoteAccepted, (deal) => Spend.for('pounds', deal))
  .on(QuoteExpired, (deal) => Free.for('pounds', deal))

export const simulation = defineSimulation({
  system: () => system('quotes', [service(desk, [quote, validity]), service(treasury, [pot, dealer])]),
  workload: (random) =>
    upTo(3 + random.below(8)).flatMap((number) => {
      const key = `q-${number}`
      const atMs = random.below(1_500)
      const ask = sent(AskQuote.for(key, { pence: 100 + random.below(900) }), atMs)
      if (random.chance(0.3)) return [ask]
      return [ask, sent(AcceptQuote.for(key, {}), atMs + random.below(1_500))]
    }),
  invariants: [
    invariant('what is spent was accepted, and nothing stays reserved', ({ states }) => {
      const accepted = states<Quote>('desk/quote').map(({ value }) =>
        value.status === 'accepted' ? value.pence : 0
      )
      const due = accepted.reduce((sum, pence) => sum + pence, 0)
      const [pounds] = states<Pot>('treasury/pot').map(({ value }) => value)
      if (!pounds) return due === 0
      const isEven = pounds.spent === due && pounds.reserved === 0
      return isEven || `${due} were accepted, ${pounds.spent} are spent, ${pounds.reserved} are reserved.`
    })
  ]
})
