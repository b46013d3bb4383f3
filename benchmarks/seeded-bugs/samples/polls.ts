import { contract, projection, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const polls = contract('polls')
const Choice = z.enum(['yes', 'no'])
const Cast = polls.command('Cast', z.object({ poll: z.string(), choice: Choice }))
const Change = polls.command('Change', z.object({ to: Choice }))
const Withdraw = polls.command('Withdraw', z.object({}))
const VoteCast = polls.event('VoteCast', z.object({ poll: z.string(), voter: z.string(), choice: Choice }))
const VoteChanged = polls.event('VoteChanged', z.object({ poll: z.string(), voter: z.string(), to: Choice }))
const VoteWithdrawn = polls.event(
  'VoteWithdrawn',
  z.object({ poll: z.string(), voter: z.string(), choice: Choice })
)

type Ballot = { status: 'none' } | { status: 'cast'; poll: string; choice: 'yes' | 'no' }

const ballot = stateMachine<Ballot>('ballot', { status: 'none' })
  .evolve(VoteCast, { from: 'none', to: 'cast' }, (_, { poll, choice }) => ({ status: 'cast', poll, choice }))
  .evolve(VoteChanged, { from: 'cast', to: 'cast' }, (cast, { to }) => ({ ...cast, choice: to }))
  .evolve(VoteWithdrawn, { from: 'cast', to: 'none' }, () => ({ status: 'none' }))
  .on(Cast, { from: 'none', emits: VoteCast }, (_, { poll, choice }, { key: voter }) =>
    VoteCast({ poll, voter, choice })
  )
  .on(Change, { from: 'cast', emits: VoteChanged }, ({ poll, choice }, { to }, { key: voter }) =>
    choice === to ? refuse('same', 'That is the vote already.') : VoteChanged({ poll, voter, to })
  )
  .on(Withdraw, { from: 'cast', emits: VoteWithdrawn }, ({ poll, choice }, _, { key: voter }) =>
    VoteWithdrawn({ poll, voter, choice })
  )

const results = contract('results')

type Tally = { yes: number; no: number; changes: number }

const byPoll = ({ poll }: { poll: string }) => poll
const other = { yes: 'no', no: 'yes' } as const

const tally = projection<Tally>('tally', { initial: { yes: 0, no: 0, changes: 0 } })
  .on(VoteCast, byPoll, (row, { choice }) => ({ ...row, [choice]: row[choice] + 1 }))
  .on(VoteChanged, byPoll, (row, { to }) => ({
    ...row,
    [to]: row[to] + 1,
    [other[to]]: row[other[to]] - 1,
    changes: row.changes + 1
  }))
  .on(VoteWithdrawn, byPoll, (row, { choice }) => ({ ...row, [choice]: row[choice] - 1 }))

export const simulation = defineSimulation({
  system: () => system('polls', [service(polls, [ballot]), service(results, [tally])]),
  workload: (random) =>
    upTo(6 + random.below(14)).map(() => {
      const voter = random.pick(['ann', 'bob', 'cy', 'dee'])
      const poll = voter === 'dee' ? 'colour' : 'bridge'
      const choice = random.pick(['yes', 'no'] as const)
      const what = random.pick(['cast', 'cast', 'change', 'withdraw'])
      const atMs = random.below(2_000)
      if (what === 'cast') return sent(Cast.for(voter, { poll, choice }), atMs)
      return sent(what === 'change' ? Change.for(voter, { to: choice }) : Withdraw.for(voter, {}), atMs)
    }),
  invariants: [
    invariant('the tally of each poll counts its ballots', ({ states, rows }) => {
      const ballots = states<Ballot>('polls/ballot').map(({ value }) => value)
      const wrong = rows<Tally>('results/tally').find(({ key, value }) => {
        const isFor = (choice: string) => (ballot: Ballot) =>
          ballot.status === 'cast' && ballot.poll === key && ballot.choice === choice
        return (
          value.yes !== ballots.filter(isFor('yes')).length || value.no !== ballots.filter(isFor('no')).length
        )
      })
      return wrong === undefined || `${wrong.key} is counted as ${wrong.value.yes} to ${wrong.value.no}.`
    })
  ]
})
