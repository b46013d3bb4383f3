import { z } from 'zod'
import {
  contract,
  projection,
  type SystemDefinition,
  service,
  stateMachine,
  system
} from '../../src/index.ts'

/** What differs between the versions of a counting system. */
export interface CounterVersion {
  /** Of the event: 1 says `by`, 2 says `amount` and `unit`. */
  readonly event?: 1 | 2
  /** Of the machine's `evolve` and the projection's fold, which multiply by the factor. */
  readonly revision?: number
  readonly factor?: number
  /** May throw when the projection folds. */
  readonly fold?: (amount: number) => void
}

interface Added {
  readonly amount: number
  readonly unit: string
}

/** The machine of the counting service, and how its event reads in the version at hand. */
function counting(version: 1 | 2) {
  const count = contract('count')
  const Add = count.command('Add', z.object({ by: z.int() }))
  const Reach = count.command('Reach', z.object({ atLeast: z.int() }))
  const Reached = count.event('Reached', z.object({ value: z.int() }))
  const first = z.object({ by: z.int() })
  const second = z.object({ amount: z.int(), unit: z.string() })
  const schema: z.ZodType<Partial<Added> & { readonly by?: number }> = version === 1 ? first : second
  const upcast = ({ by }: { readonly by: number }) => ({ amount: by, unit: 'piece' })
  const AddedEvent = count.event('Added', schema, version === 1 ? {} : { upcast: [upcast] })
  const said = (by: number) => AddedEvent(version === 1 ? { by } : { amount: by, unit: 'piece' })
  const heard = (data: Partial<Added> & { readonly by?: number }): Added => ({
    amount: data.amount ?? data.by ?? 0,
    unit: data.unit ?? 'piece'
  })
  return { count, Add, Reach, Reached, AddedEvent, said, heard }
}

/** One service that counts, and one that watches it. */
export function counter(options: CounterVersion = {}): SystemDefinition {
  const { event = 1, revision = 1, factor = 1 } = options
  const { count, Add, Reach, Reached, AddedEvent, said, heard } = counting(event)
  const machine = stateMachine<{ readonly status: 'counting'; readonly value: number }>(
    'counter',
    { status: 'counting', value: 0 },
    { revision }
  )
    .evolve(AddedEvent, { from: 'counting', to: 'counting' }, ({ value }, data) => ({
      status: 'counting',
      value: value + factor * heard(data).amount
    }))
    .evolve(Reached, { from: 'counting', to: 'counting' }, (state) => state)
    .on(Add, { from: 'counting', emits: AddedEvent }, (_, { by }) => said(by))
    .on(Reach, { from: 'counting', emits: Reached }, ({ value }) => Reached({ value }))
  const totals = projection<{ readonly total: number; readonly events: number }>('totals', {
    initial: { total: 0, events: 0 },
    indexes: ['total'],
    revision
  }).on(
    AddedEvent,
    (_, { key }) => key,
    ({ total, events }, data) => {
      const { amount } = heard(data)
      options.fold?.(amount)
      return { total: total + factor * amount, events: events + 1 }
    }
  )
  return system('counting', [service(count, [machine]), service(contract('watch'), [totals])])
}
