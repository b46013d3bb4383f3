import { z } from 'zod'
import {
  type ActorDefinition,
  actor,
  contract,
  type EffectContext,
  type EffectOptions,
  type EffectPolicy,
  processManager,
  projection,
  type Reaction,
  refuse,
  type SystemDefinition,
  service,
  stateMachine,
  system
} from '../../src/index.ts'

const Move = z.object({ transfer: z.string(), pence: z.int().min(1) })

/** Accounts: the money is here. */
const bankContract = contract('bank')
const Deposited = bankContract.event('Deposited', z.object({ pence: z.int(), note: z.string() }))
const Debited = bankContract.event('Debited', Move)
const DebitReturned = bankContract.event('DebitReturned', Move)
const Credited = bankContract.event('Credited', Move)
const CreditReturned = bankContract.event('CreditReturned', Move)
const AccountClosed = bankContract.event('AccountClosed', z.object({}))
const Deposit = bankContract.command(
  'Deposit',
  z.object({ pence: z.int().min(1), note: z.string().default('') })
)
const CloseAccount = bankContract.command('CloseAccount', z.object({}))
const Debit = bankContract.command('Debit', Move)
const ReturnDebit = bankContract.command('ReturnDebit', Move)
const Credit = bankContract.command('Credit', Move)
const ReturnCredit = bankContract.command('ReturnCredit', Move)

/** Transfers: money moves from one account to another, whole or not at all. */
export const transfersContract = contract('transfers')
const Request = z.object({ from: z.string(), to: z.string(), pence: z.int().min(1) })
const TransferRequested = transfersContract.event('TransferRequested', Request)
const TransferSettled = transfersContract.event('TransferSettled', z.object({ transfer: z.string() }))
const TransferFailed = transfersContract.event(
  'TransferFailed',
  z.object({ transfer: z.string(), why: z.string() })
)
const RequestTransfer = transfersContract.command('RequestTransfer', Request)

/** Notices: somebody outside is told how a transfer ended. */
const noticesContract = contract('notices')
const NoticeWritten = noticesContract.event('NoticeWritten', z.object({ text: z.string() }))
const NoticeSent = noticesContract.event('NoticeSent', z.object({ receipt: z.string() }))
const WriteNotice = noticesContract.command('WriteNotice', z.object({ text: z.string() }))
export const ConfirmNotice = noticesContract.command('ConfirmNotice', z.object({ receipt: z.string() }))

type Account =
  | { readonly status: 'open'; readonly pence: number }
  | { readonly status: 'closed'; readonly pence: number }
type Transfer = { readonly status: 'new' } | { readonly status: 'requested' }
type Notice =
  | { readonly status: 'none' }
  | { readonly status: 'written' }
  | { readonly status: 'sent'; readonly receipt: string }

/** What a test may do to the bank while it runs: each is called by the pure code and may throw. */
export interface BankFaults {
  decide?: (note: string) => void
  fold?: (transfer: string) => void
  react?: (transfer: string) => void
  giveUp?: (transfer: string) => void
}

/** How a bank is made. */
export interface BankOptions {
  readonly faults?: BankFaults
  /** Tells the outside world; default: gives a receipt at once. */
  readonly post?: (text: string, context: EffectContext) => Promise<Reaction>
  readonly policy?: EffectPolicy
  /** What is said when every attempt to post a notice failed. */
  readonly fallback?: (notice: string, reason: string) => Reaction
  /** Notices of one key are posted in order; default: each has its own. */
  readonly orderNoticesBy?: (notice: string) => string
  readonly statementRevision?: number
  /** How long a step of a transfer may take. */
  readonly stepMinutes?: number
}

function accountMachine(faults: BankFaults) {
  return stateMachine<Account>('account', { status: 'open', pence: 0 })
    .evolve(Deposited, { from: 'open', to: 'open' }, ({ pence }, e) => ({
      status: 'open',
      pence: pence + e.pence
    }))
    .evolve(Debited, { from: 'open', to: 'open' }, ({ pence }, e) => ({
      status: 'open',
      pence: pence - e.pence
    }))
    .evolve(Credited, { from: 'open', to: 'open' }, ({ pence }, e) => ({
      status: 'open',
      pence: pence + e.pence
    }))
    .evolve(DebitReturned, { to: ['open', 'closed'] }, (a, e) => ({ ...a, pence: a.pence + e.pence }))
    .evolve(CreditReturned, { to: ['open', 'closed'] }, (a, e) => ({ ...a, pence: a.pence - e.pence }))
    .evolve(AccountClosed, { from: 'open', to: 'closed' }, ({ pence }) => ({ status: 'closed', pence }))
    .on(Deposit, { from: 'open', emits: Deposited }, (_, c) => {
      faults.decide?.(c.note)
      return Deposited(c)
    })
    .on(CloseAccount, { from: 'open', emits: AccountClosed }, () => AccountClosed({}))
    .on(Debit, { from: 'open', emits: Debited }, ({ pence }, c) =>
      c.pence > pence ? refuse('no-cover', 'There is not enough money.', { pence }) : Debited(c)
    )
    .on(ReturnDebit, { from: ['open', 'closed'], emits: DebitReturned }, (_, c) => DebitReturned(c))
    .on(Credit, { from: 'open', emits: Credited }, (_, c) => Credited(c))
    .on(ReturnCredit, { from: ['open', 'closed'], emits: CreditReturned }, (_, c) => CreditReturned(c))
}

const transferMachine = stateMachine<Transfer>('transfer', { status: 'new' })
  .evolve(TransferRequested, { from: 'new', to: 'requested' }, () => ({ status: 'requested' }))
  .on(RequestTransfer, { from: 'new', emits: TransferRequested }, (_, c) => TransferRequested(c))

function settlement(faults: BankFaults, minutes: number) {
  return processManager('settlement')
    .startsWith(
      TransferRequested,
      (_, { key }) => key,
      (e, { key }) => ({ ...e, transfer: key })
    )
    .step('debit', (step) =>
      step
        .send(({ from, transfer, pence }) => Debit.for(from, { transfer, pence }))
        .doneBy(Debited, (e) => e.transfer)
        .undo(({ from, transfer, pence }) => ReturnDebit.for(from, { transfer, pence }))
        .undoneBy(DebitReturned, (e) => e.transfer)
        .timeout({ minutes })
    )
    .step('credit', (step) =>
      step
        .after('debit')
        .send(({ to, transfer, pence }) => Credit.for(to, { transfer, pence }))
        .doneBy(Credited, (e) => e.transfer)
        .undo(({ to, transfer, pence }) => ReturnCredit.for(to, { transfer, pence }))
        .undoneBy(CreditReturned, (e) => e.transfer)
        .timeout({ minutes })
    )
    .completes(({ transfer }) => TransferSettled({ transfer }))
    .fails(({ transfer }, { why }) => {
      faults.giveUp?.(transfer)
      return TransferFailed({ transfer, why })
    })
}

/** One row for each transfer, from the logs of two services. */
export interface StatementRow {
  readonly moves: readonly string[]
  readonly pence: number
}

function statement(faults: BankFaults, revision: number) {
  const move =
    (what: string, sign: number) => (row: StatementRow, e: { transfer: string; pence: number }) => {
      faults.fold?.(e.transfer)
      return { moves: [...row.moves, what].sort(), pence: row.pence + sign * e.pence }
    }
  const said = (what: string) => (row: StatementRow, e: { transfer: string }) => {
    faults.fold?.(e.transfer)
    return { ...row, moves: [...row.moves, what].sort() }
  }
  return projection<StatementRow>('statement', {
    initial: { moves: [], pence: 0 },
    indexes: ['pence'],
    revision
  })
    .on(Debited, (e) => e.transfer, move('debited', 1))
    .on(DebitReturned, (e) => e.transfer, move('debit-returned', -1))
    .on(Credited, (e) => e.transfer, move('credited', -1))
    .on(CreditReturned, (e) => e.transfer, move('credit-returned', 1))
    .on(TransferSettled, (e) => e.transfer, said('settled'))
    .on(TransferFailed, (e) => e.transfer, said('failed'))
}

const balances = projection<{ readonly pence: number; readonly events: number }>('balances', {
  initial: { pence: 0, events: 0 },
  indexes: ['pence']
})
  .on(
    Deposited,
    (_, { key }) => key,
    (row, e) => ({ pence: row.pence + e.pence, events: row.events + 1 })
  )
  .on(
    Debited,
    (_, { key }) => key,
    (row, e) => ({ pence: row.pence - e.pence, events: row.events + 1 })
  )
  .on(
    DebitReturned,
    (_, { key }) => key,
    (row, e) => ({ pence: row.pence + e.pence, events: row.events + 1 })
  )
  .on(
    Credited,
    (_, { key }) => key,
    (row, e) => ({ pence: row.pence + e.pence, events: row.events + 1 })
  )
  .on(
    CreditReturned,
    (_, { key }) => key,
    (row, e) => ({ pence: row.pence - e.pence, events: row.events + 1 })
  )

const noticeMachine = stateMachine<Notice>('notice', { status: 'none' })
  .evolve(NoticeWritten, { from: 'none', to: 'written' }, () => ({ status: 'written' }))
  .evolve(NoticeSent, { from: 'written', to: 'sent' }, (_, { receipt }) => ({ status: 'sent', receipt }))
  .on(WriteNotice, { from: 'none', emits: NoticeWritten }, (_, c) => NoticeWritten(c))
  .on(ConfirmNotice, { from: 'written', emits: NoticeSent }, (_, c) => NoticeSent(c))

function clerk(faults: BankFaults): ActorDefinition {
  return actor('clerk')
    .on(TransferSettled, ({ transfer }) => {
      faults.react?.(transfer)
      return WriteNotice.for(transfer, { text: `${transfer} is settled` })
    })
    .on(TransferFailed, ({ transfer, why }) => {
      faults.react?.(transfer)
      return WriteNotice.for(transfer, { text: `${transfer} failed: ${why}` })
    })
}

/** Three services small enough for a test and rich enough to break: accounts, transfers between them, and notices. */
export function bank(options: BankOptions = {}): SystemDefinition {
  const { faults = {}, policy = {}, stepMinutes = 1, statementRevision = 1 } = options
  const post =
    options.post ??
    (async (_text, { meta, idempotencyKey }) => ConfirmNotice.for(meta.key, { receipt: idempotencyKey }))
  const { fallback, orderNoticesBy } = options
  const effect: EffectOptions<{ readonly text: string }> = {
    ...policy,
    ...(fallback ? { fallback: (_, { key }, reason) => fallback(key, reason) } : {}),
    ...(orderNoticesBy ? { key: (_, { key }) => orderNoticesBy(key) } : {})
  }
  const postman = actor('postman').effect(NoticeWritten, effect, ({ text }, context) => post(text, context))
  return system('bank', [
    service(bankContract, [accountMachine(faults), balances]),
    service(transfersContract, [transferMachine, settlement(faults, stepMinutes)]),
    service(noticesContract, [noticeMachine, clerk(faults), postman, statement(faults, statementRevision)])
  ])
}
