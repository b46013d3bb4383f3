import { contract, processManager, projection, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const plans = contract('plans')
const ById = z.object({ planId: z.string() })
const StartTrial = plans.command('StartTrial', z.object({ days: z.int().min(1) }))
const CancelPlan = plans.command('CancelPlan', z.object({}))
const ActivatePlan = plans.command('ActivatePlan', z.object({}), { internal: true })
const TrialStarted = plans.event('TrialStarted', ById.extend({ endsMs: z.number() }))
const PlanCancelled = plans.event('PlanCancelled', ById.extend({ inTrial: z.boolean() }))
const PlanActivated = plans.event('PlanActivated', ById)

const dayMs = 86_400_000

type Plan = { status: 'new' | 'active' | 'cancelled' } | { status: 'trial'; endsMs: number }

const plan = stateMachine<Plan>('plan', { status: 'new' })
  .evolve(TrialStarted, { from: 'new', to: 'trial' }, (_, { endsMs }) => ({ status: 'trial', endsMs }))
  .evolve(PlanActivated, { from: 'trial', to: 'active' }, () => ({ status: 'active' }))
  .evolve(PlanCancelled, { from: ['trial', 'active'], to: 'cancelled' }, () => ({ status: 'cancelled' }))
  .on(StartTrial, { from: 'new', emits: TrialStarted }, (_, { days }, { key: planId, nowMs }) =>
    TrialStarted({ planId, endsMs: nowMs + days * dayMs })
  )
  .on(CancelPlan, { from: ['trial', 'active'], emits: PlanCancelled }, ({ status }, _, { key: planId }) =>
    PlanCancelled({ planId, inTrial: status === 'trial' })
  )
  .on(ActivatePlan, { from: 'trial', emits: PlanActivated }, (_, __, { key: planId }) =>
    PlanActivated({ planId })
  )

const byPlan = ({ planId }: { planId: string }) => planId

/** Waits for the end of the trial: who has not cancelled by then stays. */
const trial = processManager('trial')
  .startsWith(TrialStarted, byPlan)
  .step('cancellation', (step) => step.doneBy(PlanCancelled, byPlan).stays().timeout({ days: 14 }))
  .fails(({ planId }) => ActivatePlan.for(planId, {}))

const billing = contract('billing')
const ChargePlan = billing.command('ChargePlan', z.object({ pence: z.int() }))
const WaivePlan = billing.command('WaivePlan', z.object({}))
const PlanCharged = billing.event('PlanCharged', ById.extend({ pence: z.int() }))
const PlanWaived = billing.event('PlanWaived', ById)

const account = stateMachine<{ status: 'new' | 'charged' | 'waived' }>('account', { status: 'new' })
  .evolve(PlanCharged, { from: 'new', to: 'charged' }, () => ({ status: 'charged' }))
  .evolve(PlanWaived, { from: 'new', to: 'waived' }, () => ({ status: 'waived' }))
  .on(ChargePlan, { from: 'new', emits: PlanCharged }, (_, { pence }, { key: planId }) =>
    PlanCharged({ planId, pence })
  )
  .on(WaivePlan, { from: 'new', emits: PlanWaived }, (_, __, { key: planId }) => PlanWaived({ planId }))

const pence = 900

/** One step: what is due follows from how the trial ended, and from nothing else. */
const dues = processManager('dues')
  .startsWith(PlanActivated, byPlan)
  .step('charge', (step) =>
    step
      .send(({ planId }) => ChargePlan.for(planId, { pence }))
      .doneBy(PlanCharged, byPlan)
      .stays()
  )

const waivers = processManager('waivers')
  .startsWith(PlanCancelled, byPlan, ({ planId, inTrial }) => ({ planId, inTrial }))
  .step('waive', (step) =>
    step
      .send(({ planId }) => WaivePlan.for(planId, {}))
      .doneBy(PlanWaived, byPlan)
      .stays()
  )

const income = projection<{ pence: number; plans: number }>('income', { initial: { pence: 0, plans: 0 } }).on(
  PlanCharged,
  () => 'all',
  (row, charged) => ({ pence: row.pence + charged.pence, plans: row.plans + 1 })
)

export const simulation = defineSimulation({
  system: () =>
    system('subscriptions', [
      service(plans, [plan, trial]),
      service(billing, [account, dues, waivers, income])
    ]),
  workload: (random) =>
    upTo(3 + random.below(6)).flatMap((number) => {
      const key = `p-${number}`
      const atMs = random.below(1_500)
      const start = sent(StartTrial.for(key, { days: 14 }), atMs)
      return random.chance(0.5) ? [start, sent(CancelPlan.for(key, {}), atMs + random.below(500))] : [start]
    }),
  invariants: [
    invariant('who has not cancelled in the trial is charged, and nobody else', ({ states }) => {
      const charged = states<{ status: string }>('billing/account').filter(
        ({ value }) => value.status === 'charged'
      )
      const active = states<Plan>('plans/plan').filter(({ value }) => value.status === 'active')
      return charged.length === active.length || `${active.length} are active, ${charged.length} are charged.`
    })
  ]
})
