import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  contract,
  type ProcessInput,
  type ProcessManagerDefinition,
  type ProcessRoute,
  type ProcessState,
  processManager,
  processTransition,
  type StoredProcess
} from './index.ts'

const shop = contract('shop')
const data = z.object({ id: z.string(), units: z.int() })
const Started = shop.event('Started', data)
const Reserved = shop.event('Reserved', z.object({ id: z.string(), shelf: z.string() }))
const Charged = shop.event('Charged', z.object({ id: z.string(), receipt: z.string() }))
const Short = shop.event('Short', z.object({ id: z.string(), missing: z.int() }))
const Broken = shop.event('Broken', z.object({ id: z.string() }))
const Stopped = shop.event('Stopped', z.object({ id: z.string() }))
const Reserve = shop.command('Reserve', z.object({ units: z.int() }))
const Release = shop.command('Release', z.object({ shelf: z.string() }))
const Charge = shop.command('Charge', z.object({ shelf: z.string() }))
const Told = shop.event('Told', z.object({ text: z.string() }))
const id = (event: { readonly id: string }) => event.id

const flow = processManager('flow')
  .startsWith(Started, id)
  .step('stock', (step) =>
    step
      .send((kept) => Reserve.for(kept.id, { units: kept.units }))
      .doneBy(Reserved, id, (_kept, event, meta) => ({ shelf: `${event.shelf} of ${meta.key}` }))
      .failedBy(Short, id, ({ missing }) => `${missing} are missing.`)
      .failedBy(Broken, id)
      .undo((kept) => Release.for(kept.id, { shelf: kept.shelf }))
  )
  .step('payment', (step) =>
    step
      .after('stock')
      .send((kept) => Charge.for(kept.id, { shelf: kept.shelf }))
      .doneBy(Charged, id, (_kept, event) => ({ receipt: event.receipt }))
      .stays()
      .timeout({ minutes: 5 })
  )
  .cancelledBy(Stopped, id)
  .deadline({ hours: 2 })
  .completes((kept) => [Told({ text: kept.receipt }), Told({ text: kept.shelf })])
  .fails((kept, { step, why, reason }) => Told({ text: `${kept.shelf} ${step} ${why} ${reason}` }))

const meta = { id: 'm', key: 'k', timeMs: 0, correlationId: 'c', causationId: 'c' }

function event(process: ProcessManagerDefinition, type: string, value: object): ProcessInput {
  const route = process.routes.get(`shop/${type}`)?.[0] as ProcessRoute
  return { kind: 'event', route, data: value, meta }
}

const started = event(flow, 'Started', { id: 'o1', units: 2 })
const reserved = event(flow, 'Reserved', { id: 'o1', shelf: 'A7' })
const charged = event(flow, 'Charged', { id: 'o1', receipt: 'R1' })

/** The state after these inputs, one second after the other, and what the last of them led to. */
function play(...inputs: readonly ProcessInput[]) {
  let state: StoredProcess | undefined
  let last = processTransition(flow, state, started, 0)
  for (const [index, input] of inputs.entries()) {
    last = processTransition(flow, state, input, (index + 1) * 1000)
    state = last.state
  }
  return { ...last, state: last.state as ProcessState, messages: last.said.map(({ message }) => message) }
}

test('the start begins the steps that come first, with their timers', () => {
  const { said, timers, state } = play(started)
  expect(said).toEqual([{ message: Reserve.for('o1', { units: 2 }), step: 'stock' }])
  expect(timers).toEqual([{ name: 'deadline', dueMs: 1000 + 7_200_000 }])
  expect(state).toEqual({
    status: 'running',
    kept: { id: 'o1', units: 2 },
    steps: { stock: 'begun', payment: 'waiting' },
    done: []
  })
})

test('what a step adds joins what is kept', () => {
  const { messages, timers, state } = play(started, reserved)
  expect(messages).toEqual([Charge.for('o1', { shelf: 'A7 of k' })])
  expect(timers).toEqual([{ name: 'step:payment', dueMs: 2000 + 300_000 }])
  expect(state.kept).toEqual({ id: 'o1', units: 2, shelf: 'A7 of k' })
})

test('a process that completes says so once, and stops its timers', () => {
  const { messages, timers, state } = play(started, reserved, charged)
  expect(messages).toEqual([Told({ text: 'R1' }), Told({ text: 'A7 of k' })])
  expect(timers).toEqual([
    { name: 'step:payment', cancel: true },
    { name: 'deadline', cancel: true }
  ])
  expect(state.status).toBe('completed')
})

test('a process that fails undoes with what the step added, and says why', () => {
  const { messages, state } = play(started, reserved, { kind: 'timer', name: 'step:payment' })
  expect(messages).toEqual([
    Release.for('o1', { shelf: 'A7 of k' }),
    Told({ text: "A7 of k payment timeout No answer to 'payment' in time." })
  ])
  expect(state.failure).toEqual({
    step: 'payment',
    why: 'timeout',
    reason: "No answer to 'payment' in time."
  })
})

test('an event that fails a step says why, in words of its own or by its name', () => {
  const whyAfter = (input: ProcessInput) => play(started, input).state.failure
  expect(whyAfter(event(flow, 'Short', { id: 'o1', missing: 2 }))).toEqual({
    step: 'stock',
    why: 'failed',
    reason: '2 are missing.'
  })
  expect(whyAfter(event(flow, 'Broken', { id: 'o1' }))?.reason).toBe("Broken answered 'stock'.")
})

test.each<[string, ProcessInput, string]>([
  [
    'refused',
    { kind: 'refusal', step: 'payment', code: 'no-money', reason: 'Empty.' },
    'payment refused no-money: Empty.'
  ],
  ['cancelled', event(flow, 'Stopped', { id: 'o1' }), 'undefined cancelled Cancelled by Stopped.'],
  [
    'too slow',
    { kind: 'timer', name: 'deadline' },
    'undefined timeout The process took longer than its deadline.'
  ]
])('a process that is %s says so', (_why, input, words) => {
  const { messages } = play(started, reserved, input, charged)
  const told = [...messages, ...play(started, reserved, input).messages].filter(({ type }) => type === 'Told')
  expect(told).toEqual([Told({ text: `A7 of k ${words}` })])
})

test('what changes nothing says nothing and leaves the stored state itself', () => {
  const { state } = play(started, reserved)
  for (const input of [
    started,
    reserved,
    { kind: 'timer', name: 'step:stock' },
    { kind: 'timer', name: 'gone' }
  ] as const)
    expect(processTransition(flow, state, input, 9)).toEqual({ changed: false, state, said: [], timers: [] })
  expect(
    processTransition(flow, state, { kind: 'refusal', step: 'gone', code: 'x', reason: '' }, 9).changed
  ).toBe(false)
  expect(processTransition(flow, undefined, { kind: 'timer', name: 'deadline' }, 9)).toMatchObject({
    changed: false,
    state: undefined
  })
})

test('what comes before the start is kept as it is, and heard at the start in its order', () => {
  const early = play(charged, reserved)
  expect(early.messages).toEqual([])
  expect(early.state).toMatchObject({
    status: 'early',
    inputs: [{ type: 'shop/Charged' }, { type: 'shop/Reserved' }]
  })
  const { state, messages } = play(charged, reserved, started)
  expect(state.done).toEqual(['payment', 'stock'])
  expect(messages).toEqual([Told({ text: 'R1' }), Told({ text: 'A7 of k' })])
})

test('a process cancelled before its start asks for nothing and fails', () => {
  const { messages, state } = play(event(flow, 'Stopped', { id: 'o1' }), started)
  expect(messages.map(({ type }) => type)).toEqual(['Told'])
  expect(state.steps).toEqual({ stock: 'skipped', payment: 'skipped' })
})

test('a refused undoing is seen in the state, and the process goes on to its end', () => {
  const { state } = play(
    started,
    reserved,
    { kind: 'timer', name: 'step:payment' },
    {
      kind: 'refusal',
      step: 'undo:stock',
      code: 'gone',
      reason: 'No such shelf.'
    }
  )
  expect(state).toMatchObject({ status: 'failed', steps: { stock: 'undo-refused' } })
})

test('a running process takes on a step that a later version declares, an ended one does not', () => {
  const longer = flow.step('notice', (step) => step.after('payment').doneBy(Told, () => 'o1'))
  const running = processTransition(
    longer,
    play(started, reserved).state,
    event(longer, 'Charged', { id: 'o1', receipt: 'R' }),
    0
  )
  expect(running.state).toMatchObject({ status: 'running', steps: { notice: 'begun' } })
  const failed = play(started, reserved, { kind: 'timer', name: 'step:payment' }).state
  const late = processTransition(longer, failed, event(longer, 'Charged', { id: 'o1', receipt: 'R' }), 0)
  expect(late.state).toMatchObject({ status: 'failed', steps: { notice: 'skipped' } })
})

test('a step that a later version no longer declares is passed over when it should be undone, and stays', () => {
  const shorter = processManager('flow')
    .startsWith(Started, id)
    .step('payment', (step) => step.doneBy(Charged, id).timeout({ minutes: 5 }))
  const { state } = processTransition(
    shorter,
    play(started, reserved).state,
    { kind: 'timer', name: 'step:payment' },
    0
  )
  expect(state).toMatchObject({ status: 'failed', steps: { stock: 'stays', payment: 'timed-out' } })
})

test('a step that nothing undoes is shown as one that stays when the process fails, also when it succeeded late', () => {
  const stopped = event(flow, 'Stopped', { id: 'o1' })
  const done = play(started, reserved, stopped, charged)
  expect(done.state).toMatchObject({
    status: 'failed',
    steps: { stock: 'undone', payment: 'stays' },
    done: []
  })
  expect(done.messages.map(({ type }) => type)).toEqual(['Told'])
  const again = processTransition(flow, done.state, charged, 9_000)
  expect(again.changed).toBe(false)
})
