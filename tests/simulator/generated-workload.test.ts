import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { bike } from '../../examples/guide/first/bike.ts'
import { bikes } from '../../examples/guide/first/bikes.ts'
import { fleet } from '../../examples/guide/first/contract.ts'
import { hire } from '../../examples/guide/hire/hire.ts'
import type { Bank } from '../../examples/guide/hire/payments/bank.ts'
import shop from '../../examples/readme/skerry.config.ts'
import { validateStrictly } from '../../src/core/index.ts'
import { actor, contract, type SystemDefinition, service, stateMachine, system } from '../../src/index.ts'
import { generatedWorkload } from '../../src/simulator/generated-workload.ts'
import { randomStream, runTrial, type SimulatedCommand } from '../../src/simulator/index.ts'
import { workloadPlan } from '../../src/simulator/workload-plan.ts'
import { bank } from '../runtime/bank.ts'

const goodBank: Bank = {
  charge: async ({ idempotencyKey }) => ({ receipt: idempotencyKey }),
  refund: async ({ idempotencyKey }) => idempotencyKey
}

/** A desk whose schemas are of two libraries, one of which cannot describe itself. */
function desk(): SystemDefinition {
  const tickets = contract('tickets')
  const Opened = tickets.event('Opened', type({ by: 'string' }))
  const Answered = tickets.event('Answered', type({ text: 'string' }))
  const Open = tickets.command(
    'Open',
    v.object({
      ticketId: v.string(),
      by: v.pipe(v.string(), v.email()),
      kind: v.picklist(['question', 'complaint']),
      lines: v.pipe(v.array(v.object({ words: v.string(), many: v.number() })), v.minLength(1))
    })
  )
  const Answer = tickets.command('Answer', type({ text: 'string > 2', 'stars?': '1 <= number.integer <= 5' }))
  const Seal = tickets.command('Seal', v.object({ word: v.custom<string>((it) => it === 'open sesame') }))
  const ticket = stateMachine<{ status: 'new' | 'open' | 'answered' }>('ticket', { status: 'new' })
    .evolve(Opened, { from: 'new', to: 'open' }, () => ({ status: 'open' }))
    .evolve(Answered, { from: 'open', to: 'answered' }, () => ({ status: 'answered' }))
    .on(Open, { from: 'new', emits: Opened }, (_, { by }) => Opened({ by }))
    .on(Answer, { from: 'open', emits: Answered }, (_, { text }) => Answered({ text }))
    .on(Seal, { from: 'open', emits: Answered }, (_, { word }) => Answered({ text: word }))
  return system('desk', [service(tickets, [ticket])])
}

const systems: Readonly<Record<string, () => SystemDefinition>> = {
  readme: () => (shop as { readonly system: SystemDefinition }).system,
  'first guide': () => system('bikes', [service(fleet, [bike, bikes])]),
  'hire guide': () => hire(goodBank),
  bank: () => bank(),
  desk
}

const workloads = (made: SystemDefinition): readonly (readonly SimulatedCommand[])[] => {
  const plan = workloadPlan(made)
  return Array.from({ length: 30 }, (_, seed) => generatedWorkload(plan, randomStream(seed, 'workload')))
}

describe.each(Object.entries(systems))('the system of the %s', (_, make) => {
  test('gets commands that all pass their schemas, in the order in which they are sent', () => {
    const made = make()
    const all = workloads(made)
    for (const commands of all) {
      expect(commands.length).toBeGreaterThanOrEqual(30)
      expect(commands.length).toBeLessThanOrEqual(50)
      const times = commands.map(({ atMs }) => atMs ?? -1)
      expect(times).toEqual(times.toSorted((left, right) => left - right))
      expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...times)).toBeLessThan(3_000)
    }
    const refused = all.flat().filter(({ service: name, type: command, data }) => {
      const schema = made.services.get(name)?.contract.commands.get(command)?.schema
      return !schema || !validateStrictly(schema, data).ok
    })
    expect(refused).toEqual([])
  })

  test('gets the same commands for the same seed, and others for others', () => {
    const [one, other] = [workloads(make()), workloads(make())]
    expect(one).toEqual(other)
    expect(new Set(one.map((commands) => JSON.stringify(commands))).size).toBe(one.length)
  })

  test('accepts most of them', async () => {
    const answers: string[] = []
    for (let seed = 1; seed <= 6; seed++) {
      const history: { readonly kind: string; readonly text?: string }[] = []
      const { finding } = await runTrial({ system: make }, { seed, kind: 'chaos', history: history as never })
      expect(finding).toBeUndefined()
      for (const { kind, text = '' } of history)
        if (kind === 'answer') answers.push(text.slice(text.indexOf(': ')))
    }
    expect(answers.length).toBeGreaterThan(100)
    const accepted = answers.filter((answer) => /^: [A-Z][A-Za-z]+$/.test(answer))
    expect(accepted.length / answers.length).toBeGreaterThan(0.55)
    expect(accepted.length).toBeLessThan(answers.length)
  })
})

test('fields that hold keys hold those of the entities that others commands are for', () => {
  const commands = workloads(hire(goodBank)).flat()
  const booked = commands.filter(({ type: command }) => command === 'BookRide')
  expect(booked.length).toBeGreaterThan(100)
  const bikeKeys = new Set(commands.filter(({ service: name }) => name === 'fleet').map(({ key }) => key))
  const named = booked.map(({ data }) => (data as { readonly bikeId: string }).bikeId)
  expect(named.filter((key) => bikeKeys.has(key)).length / named.length).toBeGreaterThan(0.9)
})

test('a field with another name is seen to hold keys by what the parts of the system do with it', () => {
  const commands = workloads(bank()).flat()
  const asked = commands.filter(({ type: command }) => command === 'RequestTransfer')
  expect(asked.length).toBeGreaterThan(100)
  for (const { data } of asked) expect(data).toMatchObject({ from: /^account-/, to: /^account-/ })
})

test('keys are as the schemas want them, wherever they turn up', () => {
  const parcels = contract('parcels')
  const Sent = parcels.event('Sent', z.object({}))
  const Send = parcels.command('Send', z.object({ parcelId: z.uuid(), stampNumber: z.int().min(1) }))
  const machine = stateMachine<{ status: 'new' | 'sent' }>('parcel', { status: 'new' })
    .evolve(Sent, { to: 'sent' }, () => ({ status: 'sent' }))
    .on(Send, { from: ['new', 'sent'], emits: Sent }, () => Sent({}))
  const commands = workloads(system('post', [service(parcels, [machine])])).flat()
  expect(commands.length).toBeGreaterThan(100)
  for (const { key } of commands) expect(z.uuid().safeParse(key).success).toBe(true)
  const own = commands.filter(({ key, data }) => (data as { readonly parcelId: string }).parcelId === key)
  expect(own.length / commands.length).toBeGreaterThan(0.6)
})

test('what clients do not send is left out, and it is said why', () => {
  expect(workloadPlan(hire(goodBank)).leftOut).toContainEqual({
    command: 'fleet/ReserveBike',
    why: 'Parts of rides send it.'
  })
  expect(workloadPlan(desk()).leftOut).toEqual([
    { command: 'tickets/Seal', why: 'No data was found that its schema takes.' }
  ])
  const types = new Set(workloads(hire(goodBank)).flatMap((commands) => commands.map((one) => one.type)))
  expect([...types].sort()).toEqual(['AddBike', 'BookRide', 'CancelRide', 'ReturnBike'])
})

test('services that only send each other commands are begun with by clients', () => {
  const ball = contract('ball')
  const Served = ball.event('Served', z.object({}))
  const Serve = ball.command('Serve', z.object({}))
  const court = stateMachine<{ status: 'new' | 'served' }>('court', { status: 'new' })
    .evolve(Served, { to: 'served' }, () => ({ status: 'served' }))
    .on(Serve, { from: 'new', emits: Served }, () => Served({}))
  const player = actor('player').on(Served, (_, { key }) => Serve.for(`${key}-back`, {}))
  const commands = workloads(system('game', [service(ball, [court, player])])).flat()
  expect(commands.length).toBeGreaterThan(100)
  expect(new Set(commands.map(({ type: command }) => command))).toEqual(new Set(['Serve']))
})

test('a part that asks for the time while it is looked at is found in a world, not before', async () => {
  const clocks = contract('clocks')
  const Struck = clocks.event('Struck', z.object({}))
  const Strike = clocks.command('Strike', z.object({}))
  const clock = stateMachine<{ status: 'new' | 'struck' }>('clock', { status: 'new' })
    .evolve(Struck, { to: 'struck' }, () => ({ status: 'struck' }))
    .on(Strike, { from: ['new', 'struck'], emits: Struck }, () => {
      Date.now()
      return Struck({})
    })
  const simulation = { system: system('tower', [service(clocks, [clock])]) }
  const first = await runTrial(simulation, { seed: 1, kind: 'orders' })
  expect(first.finding?.oracle).toBe('no-hidden-inputs')
  const second = await runTrial(simulation, { seed: 1, kind: 'orders' })
  expect(second.finding).toEqual(first.finding)
  const without = await runTrial(simulation, { seed: 1, kind: 'orders', commands: [] })
  expect(without.finding).toBeUndefined()
})
