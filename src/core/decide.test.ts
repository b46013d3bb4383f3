import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { contract, decide, evolve, type HasStatus, refuse, stateMachine, transitionTable } from './index.ts'

const bank = contract('bank')
const amount = z.object({ pence: z.int() })
const AccountOpened = bank.event('AccountOpened', amount)
const MoneyPaidIn = bank.event('MoneyPaidIn', amount)
const MoneyPaidOut = bank.event('MoneyPaidOut', amount)
const AccountClosed = bank.event('AccountClosed', z.object({}))
const OpenAccount = bank.command('OpenAccount', amount)
const PayIn = bank.command('PayIn', amount)
const PayOut = bank.command('PayOut', amount)
const CloseAccount = bank.command('CloseAccount', z.object({}))

type Account = { status: 'new' } | { status: 'open'; pence: number } | { status: 'closed'; pence: number }

const account = stateMachine<Account>('account', { status: 'new' })
  .evolve(AccountOpened, { from: 'new', to: 'open' }, (_, { pence }) => ({ status: 'open', pence }))
  .evolve(MoneyPaidIn, { from: 'open', to: 'open' }, (state, { pence }) => ({
    ...state,
    pence: state.pence + pence
  }))
  .evolve(MoneyPaidOut, { from: 'open', to: 'open' }, (state, { pence }) => ({
    ...state,
    pence: state.pence - pence
  }))
  .evolve(AccountClosed, { from: 'open', to: 'closed' }, ({ pence }) => ({ status: 'closed', pence }))
  .on(OpenAccount, { from: 'new', emits: AccountOpened }, (_, { pence }) => AccountOpened({ pence }))
  .on(PayIn, { from: 'open', emits: MoneyPaidIn }, (_, { pence }) => MoneyPaidIn({ pence }))
  .on(PayOut, { from: 'open', emits: MoneyPaidOut }, (state, { pence }) =>
    pence > state.pence
      ? refuse('too-little', `There are ${state.pence} pence.`, { missing: pence - state.pence })
      : MoneyPaidOut({ pence })
  )
  .on(CloseAccount, { from: 'open', emits: AccountClosed }, () => AccountClosed({}))

const context = { key: 'a1', nowMs: 1, commandId: 'c1' }
const meta = { key: 'a1', timeMs: 1, correlationId: 'c', causationId: 'c' }

test('a legal command gives the event of its decision', () => {
  expect(decide(account, { status: 'new' }, 'OpenAccount', { pence: 5 }, context)).toEqual({
    kind: 'event',
    service: 'bank',
    type: 'AccountOpened',
    version: 1,
    data: { pence: 5 }
  })
})

test('a decision is given the key, the time and the id of its command, and nothing else', () => {
  const seen: unknown[] = []
  const machine = stateMachine<Account>('account', { status: 'new' })
    .evolve(AccountOpened, { from: 'new', to: 'open' }, () => ({ status: 'open', pence: 0 }))
    .on(OpenAccount, { from: 'new', emits: AccountOpened }, (...given) => {
      seen.push(given)
      return AccountOpened({ pence: 1 })
    })
  decide(machine, { status: 'new' }, 'OpenAccount', { pence: 5 }, context)
  expect(seen).toEqual([[{ status: 'new' }, { pence: 5 }, context]])
})

test('a refusal is the value that the decision gave', () => {
  const state: Account = { status: 'open', pence: 3 }
  expect(decide(account, state, 'PayOut', { pence: 5 }, context)).toEqual({
    kind: 'refusal',
    code: 'too-little',
    reason: 'There are 3 pence.',
    details: { missing: 2 }
  })
})

test('a command from a state where it is not legal is refused, and says where it is', () => {
  expect(decide(account, { status: 'new' }, 'PayOut', { pence: 5 }, context)).toEqual({
    kind: 'refusal',
    code: 'illegal-state',
    reason: "PayOut needs account to be 'open'; it is 'new'.",
    details: { status: 'new', legal: ['open'] }
  })
})

test('a command that the machine does not handle fails with a code', () => {
  expect(() => decide(account, { status: 'new' }, 'Nonsense', {}, context)).toThrow(
    expect.objectContaining({
      code: 'COMMAND_UNKNOWN',
      message: expect.stringContaining('account does not handle Nonsense')
    })
  )
})

test('a decision may give none but the events it declares', () => {
  const liar = stateMachine<Account>('account', { status: 'new' })
    .evolve(AccountOpened, { from: 'new', to: 'open' }, () => ({ status: 'open', pence: 0 }))
    .on(OpenAccount, { from: 'new', emits: AccountOpened }, () => AccountClosed({}) as never)
  expect(() => decide(liar, { status: 'new' }, 'OpenAccount', { pence: 5 }, context)).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining(
        'OpenAccount of account gave AccountClosed; it declares AccountOpened.'
      )
    })
  )
})

test('an event that the machine does not evolve fails with a code', () => {
  expect(() => evolve(account, { status: 'new' }, 'Nonsense', {}, meta)).toThrow(
    'account has no .evolve() for Nonsense.'
  )
})

test('a machine under construction is not changed by what is added to it', () => {
  const start = stateMachine<Account>('account', { status: 'new' })
  const more = start.evolve(AccountOpened, { from: 'new', to: 'open' }, () => ({ status: 'open', pence: 0 }))
  expect(start.events.size).toBe(0)
  expect(more.events.size).toBe(1)
})

const commands = fc.array(
  fc.record({
    type: fc.constantFrom('OpenAccount', 'PayIn', 'PayOut', 'CloseAccount'),
    data: fc.record({ pence: fc.integer({ min: 0, max: 100 }) })
  })
)

describe('whatever commands an entity is given', () => {
  const play = (asked: readonly { type: string; data: { pence: number } }[]) => {
    let state: HasStatus = account.initial
    const story: { type: string; data: unknown; from: string; to: string; command: string }[] = []
    for (const { type, data } of asked) {
      const decision = decide(account, state, type, data, context)
      if (decision.kind === 'refusal') continue
      const next = evolve(account, state, decision.type, decision.data, meta)
      story.push({
        type: decision.type,
        data: decision.data,
        from: state.status,
        to: next.status,
        command: type
      })
      state = next
    }
    return { state, story }
  }

  test('each event is a row of the transition table, and its fold gives the same bytes again', () => {
    const table = transitionTable(account)
    const seen = new Set<string>()
    fc.assert(
      fc.property(commands, (asked) => {
        const { state, story } = play(asked)
        for (const { command, from, type, to } of story) {
          seen.add(type)
          expect(table).toContainEqual({ command, from, event: type, to })
        }
        const folded = story.reduce<HasStatus>(
          (at, { type, data }) => evolve(account, at, type, data, meta),
          account.initial
        )
        expect(JSON.stringify(folded)).toBe(JSON.stringify(state))
      }),
      { numRuns: 500 }
    )
    expect([...seen].sort()).toEqual(['AccountClosed', 'AccountOpened', 'MoneyPaidIn', 'MoneyPaidOut'])
  })

  test('no account is overdrawn', () => {
    fc.assert(
      fc.property(commands, (asked) => {
        const { state } = play(asked)
        if ('pence' in state) expect(state.pence).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 500 }
    )
  })
})
