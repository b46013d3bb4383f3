/** The sources of a system with so many services, each with a machine, a process manager, a projection and an actor. */
export function largeSystem(services: number): Readonly<Record<string, string>> {
  const numbers = Array.from({ length: services }, (_, index) => index)
  const modules = numbers.flatMap((number) => [
    [`large-contract-${number}`, contractOf(number)],
    [`large-service-${number}`, serviceOf(number, (number + 1) % services)]
  ])
  return Object.fromEntries([...modules, ['large-system', systemOf(numbers)]])
}

/** The contracts alone: what the schemas cost without Skerry's own types. */
export function largeContracts(services: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: services }, (_, number) => [`large-contract-${number}`, contractOf(number)])
  )
}

function contractOf(number: number): string {
  return `
import { contract } from 'skerry'
import { z } from 'zod'
export const own = contract('service-${number}')
const Line = z.object({ sku: z.string(), quantity: z.int(), pence: z.int() })
const Base = z.object({ id: z.string(), customerId: z.string(), lines: z.array(Line), total: z.int() })
export const Opened${number} = own.event('Opened${number}', Base)
export const Paid${number} = own.event('Paid${number}', z.object({ id: z.string(), pence: z.int(), method: z.enum(['card', 'invoice']) }))
export const Sent${number} = own.event('Sent${number}', z.object({ id: z.string(), parcel: z.string().optional() }))
export const Closed${number} = own.event('Closed${number}', z.object({ id: z.string(), reason: z.string() }))
export const Open${number} = own.command('Open${number}', Base.omit({ id: true, total: true }))
export const Pay${number} = own.command('Pay${number}', z.object({ pence: z.int().min(1), method: z.enum(['card', 'invoice']).default('card') }))
export const Send${number} = own.command('Send${number}', z.object({}))
export const Close${number} = own.command('Close${number}', z.object({ reason: z.string() }))
export const rows${number} = own.query('rows', z.object({ id: z.string(), total: z.int(), paid: z.int(), others: z.int() }))
`
}

function serviceOf(number: number, next: number): string {
  const n = number
  return `
import { actor, processManager, projection, refuse, service, stateMachine } from 'skerry'
import { Close${n}, Closed${n}, Open${n}, Opened${n}, own, Paid${n}, Pay${n}, rows${n}, Send${n}, Sent${n} } from './large-contract-${n}.ts'
import { Close${next}, Closed${next}, Opened${next}, Paid${next}, Pay${next}, Send${next}, Sent${next} } from './large-contract-${next}.ts'
type Deal =
  | { status: 'new' }
  | { status: 'open'; customerId: string; total: number }
  | { status: 'paid' | 'sent'; customerId: string; total: number; paid: number }
  | { status: 'closed'; reason: string }
const deal = stateMachine<Deal>('deal', { status: 'new' })
  .evolve(Opened${n}, { from: 'new', to: 'open' }, (_, event) => ({ status: 'open', customerId: event.customerId, total: event.total }))
  .evolve(Paid${n}, { from: 'open', to: 'paid' }, (state, event) => ({ ...state, status: 'paid', paid: event.pence }))
  .evolve(Sent${n}, { from: 'paid', to: 'sent' }, (state) => ({ ...state, status: 'sent' }))
  .evolve(Closed${n}, { to: 'closed' }, (_, event) => ({ status: 'closed', reason: event.reason }))
  .on(Open${n}, { from: 'new', emits: Opened${n} }, (_, command, { key }) =>
    Opened${n}({ ...command, id: key, total: command.lines.reduce((sum, line) => sum + line.pence * line.quantity, 0) }))
  .on(Pay${n}, { from: 'open', emits: [Paid${n}, Closed${n}] }, (state, command, { key }) =>
    command.pence < state.total ? Closed${n}({ id: key, reason: 'too-little' }) : Paid${n}({ id: key, ...command }))
  .on(Send${n}, { from: 'paid', emits: Sent${n} }, (_, __, { key }) => Sent${n}({ id: key }))
  .on(Close${n}, { from: ['open', 'paid'], emits: Closed${n} }, (state, command, { key }) =>
    state.status === 'paid' ? refuse('paid', 'It is paid.') : Closed${n}({ id: key, reason: command.reason }))
const flow = processManager('flow')
  .startsWith(Opened${n}, (event) => event.id, (event) => ({ id: event.id, total: event.total }))
  .step('opening', (step) => step
    .doneBy(Opened${next}, (event) => event.id, (_, event) => ({ customerId: event.customerId }))
    .failedBy(Closed${next}, (event) => event.id))
  .step('payment', (step) => step
    .after('opening')
    .send((kept) => Pay${next}.for(kept.customerId, { pence: kept.total, method: 'card' }))
    .doneBy(Paid${next}, (event) => event.id, (_, event) => ({ paid: event.pence }))
    .undo((kept) => Close${next}.for(kept.id, { reason: String(kept.paid) }))
    .timeout({ hours: 1 }))
  .step('sending', (step) => step
    .after('opening', 'payment')
    .send((kept) => Send${next}.for(kept.id, {}))
    .doneBy(Sent${next}, (event) => event.id)
    .stays())
  .completes((kept) => Send${n}.for(kept.id, {}))
  .fails((kept, failure) => Close${n}.for(kept.id, { reason: failure.reason }))
const rows = projection(rows${n}, { initial: { id: '', total: 0, paid: 0, others: 0 }, indexes: ['total', 'paid'] })
  .on(Opened${n}, { key: (event) => event.id, reads: ['id', 'total'] }, (row, event) => ({ ...row, ...event }))
  .on(Paid${n}, { key: (event) => event.id, reads: ['id', 'pence'] }, (row, event) => ({ ...row, paid: event.pence }))
  .on(Closed${n}, (event) => event.id, () => null)
  .on(Opened${next}, { key: (event) => event.lines.map((line) => line.sku), reads: ['lines'] }, (row) => ({ ...row, others: row.others + 1 }))
const clerk = actor('clerk')
  .on(Closed${next}, (event) => Close${n}.for(event.id, { reason: event.reason }))
  .effect(Sent${n}, { timeout: { seconds: 3 }, key: (event) => event.id }, async (event, { idempotencyKey }) =>
    Close${n}.for(event.id, { reason: idempotencyKey }))
export const service${n} = service(own, [deal, flow, rows, clerk])
`
}

function systemOf(numbers: readonly number[]): string {
  const imports = numbers.map((number) => `import { service${number} } from './large-service-${number}.ts'`)
  return [
    "import { system } from 'skerry'",
    ...imports,
    `export const large = system('large', [${numbers.map((number) => `service${number}`).join(', ')}])`
  ].join('\n')
}
