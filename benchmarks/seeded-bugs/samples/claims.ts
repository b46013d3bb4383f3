import { contract, processManager, projection, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const claims = contract('claims')
const ById = z.object({ claimId: z.string() })
const Claim = ById.extend({ fund: z.string(), pence: z.int() })
const FileClaim = claims.command('FileClaim', Claim.omit({ claimId: true }))
const AssessClaim = claims.command('AssessClaim', z.object({ isJust: z.boolean() }))
const SettleClaim = claims.command(
  'SettleClaim',
  z.object({ how: z.enum(['paid', 'refused', 'forgotten']) }),
  {
    internal: true
  }
)
const ClaimFiled = claims.event('ClaimFiled', Claim)
const ClaimGranted = claims.event('ClaimGranted', ById)
const ClaimDenied = claims.event('ClaimDenied', ById)
const ClaimSettled = claims.event('ClaimSettled', ById.extend({ how: z.string() }))

const funds = contract('funds')
const Part = z.object({ claimId: z.string(), pence: z.int() })
const Endow = funds.command('Endow', z.object({ pence: z.int() }))
const SetAside = funds.command('SetAside', Part)
const PutBack = funds.command('PutBack', Part)
const PayOut = funds.command('PayOut', Part)
const Endowed = funds.event('Endowed', z.object({ pence: z.int() }))
const WasSetAside = funds.event('WasSetAside', Part)
const WasPutBack = funds.event('WasPutBack', Part)
const WasPaidOut = funds.event('WasPaidOut', Part)

type State = { status: 'new' | 'filed' | 'assessed' } | { status: 'settled'; how: string }

const claim = stateMachine<State>('claim', { status: 'new' })
  .evolve(ClaimFiled, { from: 'new', to: 'filed' }, () => ({ status: 'filed' }))
  .evolve(ClaimGranted, { from: 'filed', to: 'assessed' }, () => ({ status: 'assessed' }))
  .evolve(ClaimDenied, { from: 'filed', to: 'assessed' }, () => ({ status: 'assessed' }))
  .evolve(ClaimSettled, { from: ['filed', 'assessed'], to: 'settled' }, (_, { how }) => ({
    status: 'settled',
    how
  }))
  .on(FileClaim, { from: 'new', emits: ClaimFiled }, (_, wish, { key: claimId }) =>
    ClaimFiled({ claimId, ...wish })
  )
  .on(
    AssessClaim,
    { from: 'filed', emits: [ClaimGranted, ClaimDenied] },
    (_, { isJust }, { key: claimId }) => (isJust ? ClaimGranted({ claimId }) : ClaimDenied({ claimId }))
  )
  .on(SettleClaim, { from: ['filed', 'assessed'], emits: ClaimSettled }, (_, { how }, { key: claimId }) =>
    ClaimSettled({ claimId, how })
  )

type Fund = { status: 'fund'; pence: number; aside: number }

const fund = stateMachine<Fund>('fund', { status: 'fund', pence: 0, aside: 0 })
  .evolve(Endowed, { to: 'fund' }, (now, { pence }) => ({ ...now, pence: now.pence + pence }))
  .evolve(WasSetAside, { to: 'fund' }, (now, { pence }) => ({ ...now, aside: now.aside + pence }))
  .evolve(WasPutBack, { to: 'fund' }, (now, { pence }) => ({ ...now, aside: now.aside - pence }))
  .evolve(WasPaidOut, { to: 'fund' }, (now, { pence }) => ({
    ...now,
    pence: now.pence - pence,
    aside: now.aside - pence
  }))
  .on(Endow, { from: 'fund', emits: Endowed }, (_, { pence }) => Endowed({ pence }))
  .on(SetAside, { from: 'fund', emits: WasSetAside }, (now, part) =>
    part.pence <= now.pence - now.aside ? WasSetAside(part) : refuse('empty', 'There is not enough in it.')
  )
  .on(PutBack, { from: 'fund', emits: WasPutBack }, (_, part) => WasPutBack(part))
  .on(PayOut, { from: 'fund', emits: WasPaidOut }, (_, part) => WasPaidOut(part))

const byClaim = ({ claimId }: { claimId: string }) => claimId

/** The money is set aside while somebody looks at the claim, for thirty days at most. */
const handling = processManager('handling')
  .startsWith(ClaimFiled, byClaim)
  .step('reserve', (step) =>
    step
      .send((wish) => SetAside.for(wish.fund, { claimId: wish.claimId, pence: wish.pence }))
      .doneBy(WasSetAside, byClaim)
      .undo((wish) => PutBack.for(wish.fund, { claimId: wish.claimId, pence: wish.pence }))
  )
  .step('assess', (step) =>
    step.doneBy(ClaimGranted, byClaim).failedBy(ClaimDenied, byClaim).stays().timeout({ days: 30 })
  )
  .step('pay', (step) =>
    step
      .after('reserve', 'assess')
      .send((wish) => PayOut.for(wish.fund, { claimId: wish.claimId, pence: wish.pence }))
      .doneBy(WasPaidOut, byClaim)
      .stays()
  )
  .completes(({ claimId }) => SettleClaim.for(claimId, { how: 'paid' }))
  .fails(({ claimId }, { why }) =>
    SettleClaim.for(claimId, { how: why === 'timeout' ? 'forgotten' : 'refused' })
  )

const spent = projection<{ pence: number; claims: number }>('spent', { initial: { pence: 0, claims: 0 } }).on(
  WasPaidOut,
  (_, { key }) => key,
  (row, { pence }) => ({ pence: row.pence + pence, claims: row.claims + 1 })
)

const endowment = 2_000

export const simulation = defineSimulation({
  system: () => system('claims', [service(claims, [claim, handling]), service(funds, [fund, spent])]),
  workload: (random) => [
    ...['storm', 'fire'].map((key) => sent(Endow.for(key, { pence: endowment }))),
    ...upTo(3 + random.below(8)).flatMap((number) => {
      const key = `c-${number}`
      const atMs = 50 + random.below(1_500)
      const wish = { fund: random.pick(['storm', 'fire']), pence: 100 * (1 + random.below(8)) }
      const file = sent(FileClaim.for(key, wish), atMs)
      const assess = sent(AssessClaim.for(key, { isJust: random.chance(0.6) }), atMs + random.below(400))
      return random.chance(0.8) ? [file, assess] : [file]
    })
  ],
  invariants: [
    invariant('in the end nothing is set aside', ({ states }) => {
      const open = states<Fund>('funds/fund').find(({ value }) => value.aside !== 0)
      return open === undefined || `${open.value.aside} pence of ${open.key} are set aside.`
    }),
    invariant('every claim is settled', ({ states }) => {
      const open = states<State>('claims/claim').find(({ value }) => value.status !== 'settled')
      return open === undefined || `${open.key} is ${open.value.status}.`
    })
  ]
})
