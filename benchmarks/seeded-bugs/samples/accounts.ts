import { contract, processManager, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const bank = contract('bank')
const Move = z.object({ transferId: z.string(), pence: z.int().min(1) })
const OpenAccount = bank.command('OpenAccount', z.object({ pence: z.int() }))
const CloseAccount = bank.command('CloseAccount', z.object({}))
const Debit = bank.command('Debit', Move)
const ReturnDebit = bank.command('ReturnDebit', Move)
const Credit = bank.command('Credit', Move)
const AccountOpened = bank.event('AccountOpened', z.object({ pence: z.int() }))
const AccountClosed = bank.event('AccountClosed', z.object({}))
const Debited = bank.event('Debited', Move)
const DebitReturned = bank.event('DebitReturned', Move)
const Credited = bank.event('Credited', Move)

const transfers = contract('transfers')
const Wish = z.object({ from: z.string(), to: z.string(), pence: z.int().min(1) })
const Transfer = Wish.extend({ transferId: z.string() })
const RequestTransfer = transfers.command('RequestTransfer', Wish)
const TransferRequested = transfers.event('TransferRequested', Transfer)
const TransferEnded = transfers.event('TransferEnded', z.object({ transferId: z.string(), how: z.string() }))

type Account = { status: 'new' } | { status: 'open' | 'closed'; pence: number }

const account = stateMachine<Account>('account', { status: 'new' })
  .evolve(AccountOpened, { from: 'new', to: 'open' }, (_, { pence }) => ({ status: 'open', pence }))
  .evolve(AccountClosed, { from: 'open', to: 'closed' }, (open) => ({ ...open, status: 'closed' }))
  .evolve(Debited, { from: 'open', to: 'open' }, (open, { pence }) => ({
    status: 'open',
    pence: open.pence - pence
  }))
  .evolve(Credited, { from: 'open', to: 'open' }, (open, { pence }) => ({
    status: 'open',
    pence: open.pence + pence
  }))
  .evolve(DebitReturned, { from: ['open', 'closed'], to: ['open', 'closed'] }, (one, { pence }) => ({
    ...one,
    pence: one.pence + pence
  }))
  .on(OpenAccount, { from: 'new', emits: AccountOpened }, (_, { pence }) => AccountOpened({ pence }))
  .on(CloseAccount, { from: 'open', emits: AccountClosed }, () => AccountClosed({}))
  .on(Debit, { from: 'open', emits: Debited }, ({ pence }, move) =>
    move.pence <= pence ? Debited(move) : refuse('no-cover', 'There is not enough money.')
  )
  .on(Credit, { from: 'open', emits: Credited }, (_, move) => Credited(move))
  .on(ReturnDebit, { from: ['open', 'closed'], emits: DebitReturned }, (_, move) => DebitReturned(move))

const transfer = stateMachine<{ status: 'new' | 'requested' }>('transfer', { status: 'new' })
  .evolve(TransferRequested, { from: 'new', to: 'requested' }, () => ({ status: 'requested' }))
  .on(RequestTransfer, { from: 'new', emits: TransferRequested }, (_, wish, { key: transferId }) =>
    TransferRequested({ ...wish, transferId })
  )

const byTransfer = ({ transferId }: { transferId: string }) => transferId

const settlement = processManager('settlement')
  .startsWith(TransferRequested, byTransfer)
  .step('debit', (step) =>
    step
      .send(({ from, transferId, pence }) => Debit.for(from, { transferId, pence }))
      .doneBy(Debited, byTransfer)
      .undo(({ from, transferId, pence }) => ReturnDebit.for(from, { transferId, pence }))
      .timeout({ hours: 1 })
  )
  .step('credit', (step) =>
    step
      .after('debit')
      .send(({ to, transferId, pence }) => Credit.for(to, { transferId, pence }))
      .doneBy(Credited, byTransfer)
      .undo(({ to, transferId, pence }) => Debit.for(to, { transferId: `${transferId} back`, pence }))
      .timeout({ hours: 1 })
  )
  .completes(({ transferId }) => TransferEnded({ transferId, how: 'settled' }))
  .fails(({ transferId }, { why }) => TransferEnded({ transferId, how: why }))

const people = ['ann', 'bob', 'cy', 'dee'] as const
const openingPence = 1_000

export const simulation = defineSimulation({
  system: () => system('accounts', [service(bank, [account]), service(transfers, [transfer, settlement])]),
  workload: (random) => [
    ...people.map((key) => sent(OpenAccount.for(key, { pence: openingPence }))),
    ...upTo(5 + random.below(20)).map((number) => {
      const [from, to, pence] = [random.pick(people), random.pick(people), 1 + random.below(500)]
      return sent(RequestTransfer.for(`t-${number}`, { from, to, pence }), random.below(2_000))
    }),
    ...(random.chance(0.5) ? [sent(CloseAccount.for('dee', {}), random.below(2_000))] : [])
  ],
  invariants: [
    invariant('money is conserved', ({ states, log }) => {
      const paidIn = log('bank').filter(({ type }) => type === 'AccountOpened').length * openingPence
      const kept = states<{ pence: number }>('bank/account').reduce((sum, { value }) => sum + value.pence, 0)
      return kept === paidIn || `There are ${kept} pence of ${paidIn}.`
    })
  ]
})
