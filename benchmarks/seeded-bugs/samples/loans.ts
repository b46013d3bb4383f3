import { contract, processManager, projection, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const library = contract('library')
const Loan = z.object({ loanId: z.string(), reader: z.string() })
const Lend = library.command('Lend', z.object({ reader: z.string() }))
const BringBack = library.command('BringBack', z.object({}))
const CallIn = library.command('CallIn', z.object({}), { internal: true })
const BookLent = library.event('BookLent', Loan)
const BookReturned = library.event('BookReturned', Loan.extend({ late: z.boolean() }))
const BookOverdue = library.event('BookOverdue', Loan)

type LoanState = { status: 'new' | 'returned' } | { status: 'lent' | 'overdue'; reader: string }

const loan = stateMachine<LoanState>('loan', { status: 'new' })
  .evolve(BookLent, { from: 'new', to: 'lent' }, (_, { reader }) => ({ status: 'lent', reader }))
  .evolve(BookReturned, { from: ['lent', 'overdue'], to: 'returned' }, () => ({ status: 'returned' }))
  .evolve(BookOverdue, { from: 'lent', to: 'overdue' }, (lent) => ({ ...lent, status: 'overdue' }))
  .on(Lend, { from: 'new', emits: BookLent }, (_, { reader }, { key: loanId }) =>
    BookLent({ loanId, reader })
  )
  .on(BringBack, { from: ['lent', 'overdue'], emits: BookReturned }, (now, _, { key: loanId }) =>
    BookReturned({ loanId, reader: now.reader, late: now.status === 'overdue' })
  )
  .on(CallIn, { from: 'lent', emits: BookOverdue }, ({ reader }, _, { key: loanId }) =>
    BookOverdue({ loanId, reader })
  )

const byLoan = ({ loanId }: { loanId: string }) => loanId

const reminder = processManager('reminder')
  .startsWith(BookLent, byLoan)
  .step('return', (step) => step.doneBy(BookReturned, byLoan).stays().timeout({ days: 28 }))
  .fails(({ loanId }) => CallIn.for(loanId, {}))

const fees = contract('fees')
const ChargeFee = fees.command('ChargeFee', z.object({ reader: z.string(), pence: z.int() }))
const WaiveFee = fees.command('WaiveFee', z.object({}))
const FeeCharged = fees.event('FeeCharged', Loan.extend({ pence: z.int() }))
const FeeWaived = fees.event('FeeWaived', Loan)

type Fee = { status: 'none' | 'waived' } | { status: 'charged'; reader: string; pence: number }

const fee = stateMachine<Fee>('fee', { status: 'none' })
  .evolve(FeeCharged, { from: 'none', to: 'charged' }, (_, { reader, pence }) => ({
    status: 'charged',
    reader,
    pence
  }))
  .evolve(FeeWaived, { from: 'charged', to: 'waived' }, () => ({ status: 'waived' }))
  .on(ChargeFee, { from: 'none', emits: FeeCharged }, (_, { reader, pence }, { key: loanId }) =>
    FeeCharged({ loanId, reader, pence })
  )
  .on(WaiveFee, { from: 'charged', emits: FeeWaived }, ({ reader }, _, { key: loanId }) =>
    FeeWaived({ loanId, reader })
  )

const feePence = 150

const collection = processManager('collection')
  .startsWith(BookOverdue, byLoan)
  .step('charge', (step) =>
    step
      .send(({ loanId, reader }) => ChargeFee.for(loanId, { reader, pence: feePence }))
      .doneBy(FeeCharged, byLoan)
      .stays()
  )

const debts = projection<{ pence: number; fees: number }>('debts', { initial: { pence: 0, fees: 0 } })
  .on(
    FeeCharged,
    ({ reader }) => reader,
    (row, { pence }) => ({ pence: row.pence + pence, fees: row.fees + 1 })
  )
  .on(
    FeeWaived,
    ({ reader }) => reader,
    (row) => ({ ...row, pence: row.pence - feePence })
  )

export const simulation = defineSimulation({
  system: () =>
    system('loans', [service(library, [loan, reminder]), service(fees, [fee, collection, debts])]),
  workload: (random) =>
    upTo(3 + random.below(6)).flatMap((number) => {
      const key = `l-${number}`
      const atMs = random.below(1_500)
      const lend = sent(Lend.for(key, { reader: random.pick(['ann', 'bob']) }), atMs)
      if (random.chance(0.5)) return [lend]
      const back = sent(BringBack.for(key, {}), atMs + random.below(500))
      return random.chance(0.2) ? [lend, back, sent(WaiveFee.for(key, {}), atMs + 600)] : [lend, back]
    }),
  invariants: [
    invariant('who is late pays the fee once, and nobody else pays', ({ log, rows }) => {
      const late = log('library').filter(({ type }) => type === 'BookOverdue').length
      const charged = rows<{ fees: number }>('fees/debts').reduce((sum, { value }) => sum + value.fees, 0)
      return late === charged || `${late} were late, ${charged} were charged.`
    })
  ]
})
