import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  actor,
  contract,
  processManager,
  projection,
  type SystemDefinition,
  service,
  stateMachine,
  system
} from '../../src/index.ts'
import {
  defineSimulation,
  invariant,
  runTrial,
  type SimulatedCommand,
  type Simulation,
  shrink,
  type TrialKind,
  trialKinds
} from '../../src/simulator/index.ts'
import bankSimulation from './bank-simulation.ts'

// A shop in small: orders are placed, paid by a card desk outside, and counted.
const shop = contract('shop')
const Order = z.object({ pence: z.int().min(1) })
const Placed = shop.event('Placed', Order)
const Paid = shop.event('Paid', z.object({}))
const Dropped = shop.event('Dropped', z.object({}))
const Place = shop.command('Place', Order)
const ConfirmPaid = shop.command('ConfirmPaid', z.object({}))
const Drop = shop.command('Drop', z.object({}))

type State =
  | { readonly status: 'new' }
  | { readonly status: 'placed' | 'paid' | 'dropped'; readonly pence: number }

const order = stateMachine<State>('order', { status: 'new' })
  .evolve(Placed, { from: 'new', to: 'placed' }, (_, { pence }) => ({ status: 'placed', pence }))
  .evolve(Paid, { from: 'placed', to: 'paid' }, ({ pence }) => ({ status: 'paid', pence }))
  .evolve(Dropped, { from: 'placed', to: 'dropped' }, ({ pence }) => ({ status: 'dropped', pence }))
  .on(Place, { from: 'new', emits: Placed }, (_, data) => Placed(data))
  .on(ConfirmPaid, { from: 'placed', emits: Paid }, () => Paid({}))
  .on(Drop, { from: 'placed', emits: Dropped }, () => Dropped({}))

interface Count {
  readonly pence: number
  readonly last: string
}

/** What a variant of the shop does wrong. */
interface Wrong {
  readonly chargesAgain?: boolean
  readonly swallows?: boolean
  readonly waitsForEver?: boolean
  readonly remembersLast?: boolean
}

class Cards {
  readonly charges: string[] = []
}

function shopWith(
  { chargesAgain, swallows, waitsForEver, remembersLast }: Wrong,
  cards: Cards
): SystemDefinition {
  const desk = actor('desk').effect(Placed, {}, async (_, { idempotencyKey, meta }) => {
    if (chargesAgain || !cards.charges.includes(idempotencyKey)) cards.charges.push(idempotencyKey)
    return swallows ? undefined : ConfirmPaid.for(meta.key, {})
  })
  const counts = projection<Count>('counts', { initial: { pence: 0, last: '' } })
    .on(
      Placed,
      () => 'all',
      (row, { pence }, { key }) => ({ pence: row.pence + pence, last: remembersLast ? key : '' })
    )
    .on(
      Paid,
      () => 'all',
      (row, _, { key }) => ({ ...row, last: remembersLast ? key : '' })
    )
  const payment = processManager('payment')
    .startsWith(
      Placed,
      (_, { key }) => key,
      (data, { key }) => ({ ...data, key })
    )
    .step('paid', (step) => {
      const answered = step.doneBy(Paid, (_, { key }) => key)
      return waitsForEver ? answered : answered.timeout({ minutes: 10 })
    })
    .fails(({ key }) => Drop.for(key, {}))
  return system('shop', [service(shop, [order, desk, counts, payment])])
}

function simulationOf(wrong: Wrong): Simulation<Cards> {
  return defineSimulation<Cards>({
    outside: () => new Cards(),
    system: (cards) => shopWith(wrong, cards),
    workload: (random) =>
      Array.from(
        { length: 12 },
        (_, index): SimulatedCommand => ({
          service: 'shop',
          type: 'Place',
          key: `o-${index}`,
          data: { pence: 1 + random.below(50) },
          atMs: random.below(1_000)
        })
      ),
    invariants: [
      invariant('an order is paid or dropped', ({ states }) => {
        const open = states<State>('shop/order').find(({ value }) => value.status === 'placed')
        return open === undefined || `${open.key} is ${open.value.status}.`
      })
    ]
  })
}

/** The first finding of the first seeds, if there is one. */
async function firstFinding(simulation: Simulation<Cards>, kind: TrialKind, seeds = 30) {
  for (let seed = 1; seed <= seeds; seed++) {
    const trial = await runTrial(simulation, { seed, kind })
    expect(trial.commands).toHaveLength(12)
    if (trial.finding) return trial
  }
  return undefined
}

test.each(trialKinds)('a correct system passes %s', async (kind) => {
  expect(await firstFinding(simulationOf({}), kind)).toBeUndefined()
})

const variants: readonly [wrong: Wrong, kind: TrialKind, oracle: string][] = [
  [{ chargesAgain: true }, 'twice', 'twice-is-once'],
  [{ swallows: true, waitsForEver: true }, 'chaos', 'processes-end'],
  [{ remembersLast: true }, 'chaos', 'rebuilt-equals-live']
]

test.each(variants)('%j is found by %s as %s', async (wrong, kind, oracle) => {
  const trial = await firstFinding(simulationOf(wrong), kind)
  expect(trial?.finding?.oracle).toBe(oracle)
})

test('a field that may differ is not compared, in a projection that is folded anew neither', async () => {
  const excused = { ...simulationOf({ remembersLast: true }), mayDiffer: ['last'] }
  for (const kind of trialKinds) expect(await firstFinding(excused, kind)).toBeUndefined()
})

test('a check of a part that is not there does not hold', async () => {
  const ofNothing = invariant<Cards>('no order is lost', ({ states }) => states('shop/oder').length === 0)
  const trial = await firstFinding({ ...simulationOf({}), invariants: [ofNothing] }, 'chaos', 1)
  expect(trial?.finding?.text).toBe("There is no 'shop/oder' among these: shop/order, shop/payment.")
})

test('a projection over two services that depends on who is heard first is found by orders', async () => {
  const ledger = contract('ledger')
  const Noted = ledger.event('Noted', z.object({}))
  const Note = ledger.command('Note', z.object({}))
  const entry = stateMachine<{ readonly status: 'none' | 'noted' }>('entry', { status: 'none' })
    .evolve(Noted, { from: 'none', to: 'noted' }, () => ({ status: 'noted' }))
    .on(Note, { from: 'none', emits: Noted }, () => Noted({}))
  const clerk = actor('clerk').on(Placed, (_, { key }) => Note.for(key, {}))
  const news = projection<{ readonly last: string }>('news', { initial: { last: '' } })
    .on(
      Placed,
      (_, { key }) => key,
      () => ({ last: 'placed' })
    )
    .on(
      Noted,
      (_, { key }) => key,
      () => ({ last: 'noted' })
    )
  const simulation = defineSimulation<Cards>({
    ...simulationOf({}),
    system: (cards) => {
      const { services } = shopWith({}, cards)
      const others = [service(ledger, [entry, clerk]), service(contract('paper'), [news])]
      return system('shop', [...services.values(), ...others])
    }
  })
  const trial = await firstFinding(simulation, 'orders')
  expect(trial?.finding?.oracle).toBe('any-legal-order')
  expect(trial?.finding?.text).toContain('paper/news')
})

test('an invariant of the user is a promise like the others', async () => {
  const broken = { ...simulationOf({}), invariants: [invariant<Cards>('nothing is paid', () => false)] }
  expect((await firstFinding(broken, 'chaos', 1))?.finding?.oracle).toBe('nothing is paid')
})

test('a failure is made small, and what is left fails in the same way each time', async () => {
  const simulation = simulationOf({ chargesAgain: true })
  const failing = await firstFinding(simulation, 'twice')
  if (!failing) throw new Error('Nothing failed.')
  const { trial, runs } = await shrink(simulation, failing)
  expect(runs).toBeGreaterThan(1)
  expect(trial.commands).toHaveLength(1)
  const { seed, kind, commands, fired } = trial
  const again = await runTrial(simulation, {
    seed,
    kind,
    commands,
    faults: new Set(fired.map(({ id }) => id))
  })
  expect([again.finding, again.traceHash]).toEqual([trial.finding, trial.traceHash])
})

test('a fault that is left out does not happen, and the others are drawn as before', async () => {
  const whole = await runTrial(bankSimulation, { seed: 3, kind: 'chaos' })
  expect(whole.fired.length).toBeGreaterThan(3)
  const [first] = whole.fired
  const only = new Set([first?.id ?? ''])
  const part = await runTrial(bankSimulation, { seed: 3, kind: 'chaos', faults: only })
  expect(part.fired.map(({ id }) => id)).toEqual([...only])
})

test('a transition that changes in place what it was given is found', async () => {
  const desk = contract('desk')
  const Noted = desk.event('Noted', z.object({ text: z.string() }))
  const Note = desk.command('Note', z.object({ text: z.string() }))
  const ticket = stateMachine<{ readonly status: 'open'; readonly notes: string[] }>('ticket', {
    status: 'open',
    notes: ['opened']
  })
    .evolve(Noted, { from: 'open', to: 'open' }, (state, { text }) => {
      state.notes.push(text)
      return state
    })
    .on(Note, { from: 'open', emits: Noted }, (_, data) => Noted(data))
  const simulation = defineSimulation({ system: system('desk', [service(desk, [ticket])]) })
  const { finding } = await runTrial(simulation, { seed: 1, kind: 'chaos' })
  expect(finding?.text).toContain('object is not extensible')
})
