import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  actor,
  contract,
  flowsOf,
  type ProcessRoute,
  processDiagram,
  processManager,
  processTransition,
  projection,
  remainingSteps,
  type StoredProcess,
  service,
  stateMachine,
  stepTable,
  system,
  systemDiagram
} from './index.ts'

const order = z.object({ orderId: z.string(), total: z.int() })
const sales = contract('sales')
const OrderAccepted = sales.event('OrderAccepted', order)
const AcceptOrder = sales.command('AcceptOrder', order)
const bank = contract('bank')
const CustomerCharged = bank.event('CustomerCharged', order, {
  upcast: [(old: { orderId: string }) => ({ ...old, total: 0 })]
})
const CardDeclined = bank.event('CardDeclined', order)
const Charge = bank.command('Charge', order)
const Refund = bank.command('Refund', order)
const Refunded = bank.event('Refunded', order)

const orders = stateMachine<{ status: 'new' | 'accepted' }>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, () => ({ status: 'accepted' }))
  .on(AcceptOrder, { from: 'new', emits: OrderAccepted }, (_, command) => OrderAccepted(command))
const history = projection<{ n: number }>('history')
  .on(OrderAccepted, { key: (event) => event.orderId, reads: ['orderId'] }, () => ({ n: 1 }))
  .on(
    CustomerCharged,
    (event) => event.orderId,
    () => ({ n: 2 })
  )
const clerk = actor('clerk').on(CardDeclined, () => undefined)
const selling = processManager('selling')
  .startsWith(OrderAccepted, (event) => event.orderId)
  .step('payment', (step) =>
    step
      .send((kept) => Charge.for(kept.orderId, kept))
      .doneBy(CustomerCharged, (event) => event.orderId)
      .failedBy(CardDeclined, (event) => event.orderId)
      .undo((kept) => Refund.for(kept.orderId, kept))
      .undoneBy(Refunded, (event) => event.orderId)
      .timeout({ hours: 1 })
  )
  .step('notice', (step) => step.after('payment').doneBy(OrderAccepted, (event) => event.orderId))

const shop = system('shop', [service(sales, [orders, history, clerk, selling])])

test('every event that a part hears is one flow, with the fields it reads', () => {
  const flow = (from: string, event: string, unit: string, kind: string, version = 1, reads?: string[]) => ({
    from,
    event,
    version,
    to: 'sales',
    unit,
    kind,
    reads
  })
  expect(flowsOf(shop)).toEqual([
    flow('sales', 'OrderAccepted', 'history', 'projection', 1, ['orderId']),
    flow('bank', 'CustomerCharged', 'history', 'projection', 2),
    flow('bank', 'CardDeclined', 'clerk', 'actor'),
    flow('sales', 'OrderAccepted', 'selling', 'process-manager'),
    flow('bank', 'CustomerCharged', 'selling', 'process-manager', 2),
    flow('bank', 'CardDeclined', 'selling', 'process-manager'),
    flow('bank', 'Refunded', 'selling', 'process-manager')
  ])
})

test('the diagram of a system shows what crosses between services, each event once', () => {
  expect(systemDiagram(shop).split('\n')).toEqual([
    'flowchart LR',
    '  v1["sales"]',
    '  v2["bank"]',
    '  v2 -->|"CustomerCharged<br/>CardDeclined<br/>Refunded"| v1',
    ''
  ])
})

test('the steps of a process manager are a table', () => {
  expect(stepTable(selling)).toEqual([
    {
      step: 'payment',
      after: [],
      sends: true,
      doneBy: ['bank/CustomerCharged'],
      failedBy: ['bank/CardDeclined'],
      undoneBy: ['bank/Refunded'],
      undoes: true,
      timeoutMs: 3_600_000,
      status: undefined
    },
    {
      step: 'notice',
      after: ['payment'],
      sends: false,
      doneBy: ['sales/OrderAccepted'],
      failedBy: [],
      undoneBy: [],
      undoes: false,
      timeoutMs: undefined,
      status: undefined
    }
  ])
})

const meta = { id: 'i', key: 'o1', timeMs: 0, correlationId: 'c', causationId: 'c' }

function hear(
  process: StoredProcess | undefined,
  source: string,
  means: ProcessRoute['means']
): StoredProcess | undefined {
  const route = selling.routes.get(source)?.find((one) => one.means === means) as ProcessRoute
  const data = { orderId: 'o1', total: 1 }
  return processTransition(selling, process, { kind: 'event', route, data, meta }, 0).state
}

test('the remaining steps go forwards while a process runs and backwards while it compensates', () => {
  expect(remainingSteps(selling)).toEqual(['payment', 'notice'])
  const started = hear(undefined, 'sales/OrderAccepted', 'starts')
  expect(remainingSteps(selling, started)).toEqual(['payment', 'notice'])
  const paid = hear(started, 'bank/CustomerCharged', 'done')
  expect(remainingSteps(selling, paid)).toEqual(['notice'])
  expect(remainingSteps(selling, hear(paid, 'sales/OrderAccepted', 'done'))).toEqual([])
  const deadline = processTransition(selling, started, { kind: 'timer', name: 'step:payment' }, 0).state
  expect(remainingSteps(selling, deadline)).toEqual([])
  const compensating = hear(deadline, 'bank/CustomerCharged', 'done')
  expect(remainingSteps(selling, compensating)).toEqual(['payment'])
  expect(remainingSteps(selling, hear(compensating, 'bank/Refunded', 'undone'))).toEqual([])
})

test('the diagram of a process shows where each step stands', () => {
  const started = hear(undefined, 'sales/OrderAccepted', 'starts')
  expect(processDiagram(selling, started).split('\n').slice(0, 8)).toEqual([
    'flowchart LR',
    '  start(["OrderAccepted"])',
    '  p1["payment<br/>begun"]:::begun',
    '  p2["notice<br/>waiting"]',
    '  finish(["completed"])',
    '  start --> p1',
    '  p1 --> p2',
    '  p2 --> finish'
  ])
  expect(processDiagram(selling)).toContain('  p1["payment"]\n')
})
