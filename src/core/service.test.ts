import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  actor,
  contract,
  Failure,
  processManager,
  projection,
  refuse,
  type Schema,
  service,
  stateMachine,
  system,
  type Unit
} from './index.ts'

/** What a definition is refused with. */
function refusalOf(define: () => unknown): string {
  try {
    define()
  } catch (error) {
    expect(error).toBeInstanceOf(Failure)
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID' })
    return (error as Failure).message
  }
  throw new Error('The definition was accepted.')
}

const data = z.object({ id: z.string() })
const sales = contract('sales')
const OrderAccepted = sales.event('OrderAccepted', data)
const OrderShipped = sales.event('OrderShipped', data)
const bank = contract('bank')
const CustomerCharged = bank.event('CustomerCharged', data)
const CardDeclined = bank.event('CardDeclined', data)
const Charge = bank.command('Charge', data)
const id = (event: { readonly id: string }) => event.id

interface Order {
  status: 'new' | 'accepted' | 'shipped'
}
const start = () =>
  stateMachine<Order>('order', { status: 'new' }).evolve(
    OrderAccepted,
    { from: 'new', to: 'accepted' },
    () => ({
      status: 'accepted'
    })
  )

/** A contract of its own for each try, with the events that `start` evolves. */
const salesWith = (commands: readonly string[], queries: readonly string[] = []) => {
  const own = contract('sales')
  const types = commands.map((name) => own.command(name, data))
  for (const name of queries) own.query(name, data as Schema)
  return { own, types }
}

test('a service knows its parts by name and the machine of each command', () => {
  const { own, types } = salesWith(['AcceptOrder'], ['orders'])
  const order = start().on(types[0] as never, { from: 'new', emits: OrderAccepted }, () =>
    OrderAccepted({ id: 'o1' })
  )
  const orders = projection('orders').on(OrderAccepted, id, () => ({}))
  const sold = service(own, [order, orders])
  expect([...sold.units.keys()]).toEqual(['order', 'orders'])
  expect(sold.machineOf.get('AcceptOrder')).toBe(order)
  expect(system('shop', [sold]).services.get('sales')).toBe(sold)
})

describe('a service is refused, with words that say what to do, when', () => {
  const accept = (unit = start(), types = salesWith(['AcceptOrder']).types) =>
    unit.on(types[0] as never, { from: 'new', emits: OrderAccepted }, () => OrderAccepted({ id: 'o1' }))
  const counted = projection('counted').on(OrderAccepted, id, () => ({}))
  const none = () => contract('sales')

  test.each<[string, () => unknown, string]>([
    [
      'two parts have one name',
      () => service(none(), [counted, counted]),
      "sales has two parts named 'counted'."
    ],
    [
      'a command has no machine',
      () => service(salesWith(['AcceptOrder', 'HoldOrder']).own, [accept()]),
      'The contract of sales offers HoldOrder, but no state machine handles it.'
    ],
    [
      'a query has no projection',
      () => service(salesWith([], ['orders']).own, [counted]),
      "The contract of sales offers the query 'orders', but no projection of that name is there."
    ],
    [
      'two machines handle one command',
      () => service(salesWith(['AcceptOrder']).own, [accept(), { ...accept(), name: 'other' }]),
      "AcceptOrder is handled by both 'order' and 'other' of sales."
    ],
    [
      'a machine handles the command of another service',
      () =>
        service(none(), [
          start().on(Charge, { from: 'new', emits: OrderAccepted }, () => refuse('no', 'No.'))
        ]),
      'sales/order handles Charge, which belongs to the contract of bank.'
    ],
    [
      'a machine evolves the event of another service',
      () =>
        service(salesWith(['AcceptOrder']).own, [
          accept(start().evolve(CustomerCharged, { to: 'accepted' }, () => ({ status: 'accepted' })))
        ]),
      "sales/order evolves CustomerCharged, which belongs to bank; a machine says only its own service's events."
    ],
    [
      'a command emits an event without evolve',
      () =>
        service(salesWith(['ShipOrder']).own, [
          start().on(
            salesWith(['ShipOrder']).types[0] as never,
            { from: 'new', emits: OrderShipped as never },
            () => refuse('no', 'No.')
          )
        ]),
      'sales/order emits OrderShipped but has no .evolve() for it.'
    ],
    [
      'a command gives an event where it does not lead',
      () =>
        service(salesWith(['AcceptOrder']).own, [
          start().on(
            salesWith(['AcceptOrder']).types[0] as never,
            { from: ['new', 'accepted'] as never, emits: OrderAccepted },
            () => refuse('no', 'No.')
          )
        ]),
      "sales/order lets AcceptOrder give OrderAccepted from 'accepted', but OrderAccepted leads only from 'new'."
    ],
    [
      'a command needs a status that nothing leads to',
      () =>
        service(salesWith(['AcceptOrder']).own, [
          stateMachine<Order>('order', { status: 'new' })
            .evolve(OrderAccepted, { to: 'accepted' }, () => ({ status: 'accepted' }))
            .on(
              salesWith(['AcceptOrder']).types[0] as never,
              { from: ['new', 'shipped'], emits: OrderAccepted },
              () => refuse('no', 'No.')
            )
        ]),
      "sales/order takes AcceptOrder from 'shipped', but no .evolve() leads there."
    ],
    [
      'a projection folds nothing',
      () => service(none(), [projection('empty')]),
      'sales/empty has no .on(). Each call gives a new projection: chain the calls'
    ],
    [
      'an actor hears nothing',
      () => service(none(), [actor('idle')]),
      'sales/idle has no .on(). Each call gives a new actor'
    ],
    [
      'a machine handles nothing',
      () => service(none(), [start()]),
      'sales/order has no .on(). Each call gives a new state-machine'
    ],
    [
      'a process manager has no step',
      () => service(none(), [processManager('flow').startsWith(OrderAccepted, id)]),
      'sales/flow has no .step(). Each call gives a new process-manager'
    ],
    [
      'a step comes after one that is not declared above it',
      () => {
        const flow = processManager('flow').startsWith(OrderAccepted, id)
        return service(none(), [
          flow.step('b', (step) => step.after('a' as never).doneBy(CustomerCharged, id)) as Unit
        ])
      },
      "Step 'b' of sales/flow comes after 'a', which is not a step declared above it."
    ]
  ])('%s', (_when, define, words) => {
    expect(refusalOf(define)).toContain(words)
  })
})

test('a status that only old logs lead to does not stop a service', () => {
  const { own, types } = salesWith(['ShipOrder'])
  const order = start()
    .evolve(OrderShipped, { from: 'accepted', to: 'shipped' }, () => ({ status: 'shipped' }))
    .on(types[0] as never, { from: 'accepted', emits: OrderShipped }, () => OrderShipped({ id: 'o1' }))
  expect(service(own, [order]).machineOf.size).toBe(1)
})

test('a system has one service of each name', () => {
  const one = service(contract('sales'), [projection('p').on(OrderAccepted, id, () => ({}))])
  expect(refusalOf(() => system('shop', [one, one]))).toContain(
    "The system shop has two services named 'sales'."
  )
})

describe('a part is refused, with words that say what to do, when', () => {
  const flow = processManager('flow').startsWith(OrderAccepted, id)
  const payment = flow.step('payment', (step) => step.doneBy(CustomerCharged, id))
  const order = start()
  const seen = projection('seen').on(OrderAccepted, id, () => ({}))
  const clerk = actor('clerk').on(OrderAccepted, () => undefined)

  test.each<[string, () => unknown, string]>([
    [
      'a machine has a name in capitals',
      () => stateMachine('Order', { status: 'new' }),
      "State machine 'Order' must be kebab-case"
    ],
    [
      'a projection has a reserved name',
      () => projection('health'),
      "Projection 'health' is a reserved name."
    ],
    [
      'an actor takes the name of the subscription by which its service hears commands',
      () => actor('inbox'),
      "Actor 'inbox' is a reserved name."
    ],
    ['a process manager has no name', () => processManager(''), "Process manager '' must be kebab-case"],
    ['an actor has a name with a dot', () => actor('a.b'), "Actor 'a.b' must be kebab-case"],
    [
      'an event is evolved twice',
      () => order.evolve(OrderAccepted, { to: 'new' }, () => ({ status: 'new' })),
      'order evolves OrderAccepted twice.'
    ],
    [
      'a command is handled twice',
      () => {
        const handle = (machine: typeof order) =>
          machine.on(Charge, { from: 'new', emits: OrderAccepted }, () => refuse('no', 'No.'))
        return handle(handle(order) as never)
      },
      'order handles Charge twice.'
    ],
    [
      'an event is folded twice',
      () => seen.on(OrderAccepted, id, () => ({})),
      'seen folds sales/OrderAccepted twice.'
    ],
    [
      'an event is reacted to twice',
      () => clerk.on(OrderAccepted, () => undefined),
      'clerk reacts to sales/OrderAccepted twice.'
    ],
    [
      'a step is declared twice',
      () => payment.step('payment', (step) => step.doneBy(CustomerCharged, id)),
      "flow declares the step 'payment' twice."
    ],
    [
      'a step has an odd name',
      () => flow.step('undo:x', (step) => step.doneBy(CustomerCharged, id)),
      "Step 'undo:x' must be kebab-case"
    ],
    [
      'a step can never be done',
      () => flow.step('payment', (step) => step.failedBy(CardDeclined, id)),
      "Step 'payment' of flow has no .doneBy(): it could never be done."
    ],
    [
      'one event means two things to a step',
      () => flow.step('payment', (step) => step.doneBy(CustomerCharged, id).failedBy(CustomerCharged, id)),
      "Step 'payment' of flow takes CustomerCharged as 'done' and as 'failed'."
    ],
    [
      'a step sends two commands',
      () =>
        flow.step('payment', (step) =>
          step
            .send(() => Charge.for('a', { id: 'a' }))
            .send(() => Charge.for('a', { id: 'a' }))
            .doneBy(CustomerCharged, id)
        ),
      "Step 'payment' of flow has two .send()."
    ],
    [
      'an undoing is confirmed that is never asked for',
      () => flow.step('payment', (step) => step.doneBy(CustomerCharged, id).undoneBy(CardDeclined, id)),
      "Step 'payment' of flow has .undoneBy() but no .undo()"
    ],
    [
      'a step that sends a command has nothing to undo it',
      () =>
        flow.step('payment', (step) =>
          step.send(() => Charge.for('a', { id: 'a' })).doneBy(CustomerCharged, id)
        ),
      "Step 'payment' of flow sends a command that nothing undoes when the process fails: add .undo(), or .stays()"
    ],
    [
      'a step stays and is undone',
      () =>
        flow.step('payment', (step) =>
          step
            .doneBy(CustomerCharged, id)
            .undo(() => Charge.for('a', { id: 'a' }))
            .stays()
        ),
      "Step 'payment' of flow has both .undo() and .stays()."
    ],
    [
      'a timeout is no time',
      () => flow.step('payment', (step) => step.doneBy(CustomerCharged, id).timeout({})),
      "Step 'payment' of flow has a timeout of 0 ms."
    ],
    ['a deadline is in the past', () => flow.deadline({ hours: -1 }), 'flow has a deadline of -3600000 ms.'],
    [
      'there are two deadlines',
      () => flow.deadline({ hours: 1 }).deadline({ hours: 2 }),
      'flow has two .deadline().'
    ],
    ['it completes twice', () => flow.completes(() => []).completes(() => []), 'flow has two .completes().'],
    ['it fails twice', () => flow.fails(() => []).fails(() => []), 'flow has two .fails().'],
    [
      'its start cancels it',
      () => flow.cancelledBy(OrderAccepted, id),
      'flow is started or cancelled by OrderAccepted already.'
    ]
  ])('%s', (_when, define, words) => {
    expect(refusalOf(define)).toContain(words)
  })
})
