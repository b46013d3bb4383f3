import type { DataOf } from 'skerry'
import type { WorldView } from 'skerry/simulator'
import type { OrderConfirmed } from '../sales/contract.ts'
import type { Bank } from './bank.ts'
import type { Mailbox } from './mailbox.ts'

/** The world outside the shop. */
export interface Town {
  readonly bank: Bank
  readonly mailbox: Mailbox
}

/** What a promise is checked on. */
export type View = WorldView<Town>

/** What is wrong, in words; undefined when nothing is. */
export type Problem = string | undefined

/** An order as sales keeps it. */
export interface Order {
  readonly status: 'accepted' | 'ready' | 'shipped' | 'completed' | 'cancelled'
  readonly facts: DataOf<typeof OrderConfirmed>
}

/** Every order, in no particular order. */
export const ordersOf = (view: View): readonly Order[] =>
  view.states<Order>('sales/order').map(({ value }) => value)

/** Whether the customer gets it. */
export const isSent = ({ status }: Order): boolean => status === 'shipped' || status === 'completed'

interface Refund {
  readonly status: 'requested' | 'owed' | 'refunded'
  readonly facts?: { readonly pence: number }
}

/** Money that no card has taken yet, by the id of the refund. */
export function owedIn(view: View): ReadonlyMap<string, number> {
  const refunds = view.states<Refund>('billing/refund').filter(({ value }) => value.status === 'owed')
  return new Map(refunds.map(({ key, value }) => [key, value.facts?.pence ?? 0]))
}

/** The rows of a projection, by key. */
export const rowsOf = <Row>(view: View, projection: string): ReadonlyMap<string, Row> =>
  new Map(view.rows<Row>(projection).map(({ key, value }) => [key, value]))

/** The states of a machine, by key. */
export const statesOf = <State>(view: View, machine: string): ReadonlyMap<string, State> =>
  new Map(view.states<State>(machine).map(({ key, value }) => [key, value]))

/** What a service has said of one type. */
export const saidBy = <Data>(view: View, service: string, type: string): readonly Data[] =>
  view
    .log(service)
    .filter((row) => row.kind === 'event' && row.type === type)
    .map(({ data }) => data as Data)

/** All of them together. */
export const sumOf = (numbers: Iterable<number>): number => {
  let sum = 0
  for (const each of numbers) sum += each
  return sum
}

/** The first of many possible problems. */
export const firstOf = (problems: Iterable<Problem>): Problem =>
  [...problems].find((problem) => problem !== undefined)

/** A problem when the two are not equal. */
export function differs(what: string, is: unknown, should: unknown): Problem {
  const [found, due] = [JSON.stringify(is), JSON.stringify(should)]
  return found === due ? undefined : `${what} is ${found}, not ${due}`
}
