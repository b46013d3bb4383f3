import { expect, test } from 'vitest'
import { z } from 'zod'
import { contract, machineDiagram, stateMachine, statusReport, transitionTable } from './index.ts'

const sales = contract('sales')
const nothing = z.object({})
const OrderAccepted = sales.event('OrderAccepted', nothing)
const OrderHeld = sales.event('OrderHeld', nothing)
const OrderShipped = sales.event('OrderShipped', nothing)
const NoteAdded = sales.event('NoteAdded', nothing)
const AcceptOrder = sales.command('AcceptOrder', nothing)
const ShipOrder = sales.command('ShipOrder', nothing)
const AddNote = sales.command('AddNote', nothing)

interface Order {
  status: 'new' | 'accepted' | 'held' | 'shipped' | 'lost'
}

const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, () => ({ status: 'accepted' }))
  .evolve(OrderHeld, { from: 'accepted', to: 'held' }, () => ({ status: 'held' }))
  .evolve(OrderShipped, { from: ['accepted', 'held', 'lost'], to: 'shipped' }, () => ({ status: 'shipped' }))
  .evolve(NoteAdded, { to: ['new', 'shipped'] }, (state) => state as { status: 'new' })
  .on(AcceptOrder, { from: 'new', emits: OrderAccepted }, () => OrderAccepted({}))
  .on(ShipOrder, { from: ['accepted', 'held'], emits: OrderShipped }, () => OrderShipped({}))
  .on(AddNote, { from: 'shipped', emits: NoteAdded }, () => NoteAdded({}))

test('the table has a row for every way a command can lead from one status to another', () => {
  expect(transitionTable(order)).toEqual([
    { command: 'AcceptOrder', from: 'new', event: 'OrderAccepted', to: 'accepted' },
    { command: 'ShipOrder', from: 'accepted', event: 'OrderShipped', to: 'shipped' },
    { command: 'ShipOrder', from: 'held', event: 'OrderShipped', to: 'shipped' },
    { command: 'AddNote', from: 'shipped', event: 'NoteAdded', to: 'new' },
    { command: 'AddNote', from: 'shipped', event: 'NoteAdded', to: 'shipped' }
  ])
})

test('a status that only old logs lead to is told from one that nothing leads to', () => {
  expect(statusReport(order)).toEqual({
    initial: 'new',
    statuses: ['new', 'accepted', 'held', 'lost', 'shipped'],
    impossible: ['lost'],
    historical: ['held'],
    ends: ['lost'],
    unsaid: ['OrderHeld']
  })
})

test('a status with no way out but to itself is an end', () => {
  const machine = stateMachine<{ status: 'open' | 'done' }>('ticket', { status: 'open' })
    .evolve(OrderShipped, { from: 'open', to: 'done' }, () => ({ status: 'done' }))
    .evolve(NoteAdded, { from: 'done', to: 'done' }, (state) => state)
    .on(ShipOrder, { from: 'open', emits: OrderShipped }, () => OrderShipped({}))
    .on(AddNote, { from: 'done', emits: NoteAdded }, () => NoteAdded({}))
  expect(statusReport(machine)).toMatchObject({ ends: ['done'], impossible: [], historical: [], unsaid: [] })
})

test('the diagram shows every transition, the start, the ends and what only old logs hold', () => {
  expect(machineDiagram(order).split('\n')).toEqual([
    'stateDiagram-v2',
    '  state "new" as s1',
    '  state "accepted" as s2',
    '  state "held" as s3',
    '  state "lost" as s4',
    '  state "shipped" as s5',
    '  [*] --> s1',
    '  s1 --> s2: AcceptOrder / OrderAccepted',
    '  s2 --> s5: ShipOrder / OrderShipped',
    '  s3 --> s5: ShipOrder / OrderShipped',
    '  s5 --> s1: AddNote / NoteAdded',
    '  s5 --> s5: AddNote / NoteAdded',
    '  s2 --> s3: OrderHeld',
    '  s4 --> [*]',
    ''
  ])
})
