import type { RunningService, RunningSystem } from 'skerry/runtime'
import type { Account, OrderRow } from './orders.ts'
import { customerId, orderTotal } from './workload.ts'

/** As many as a gateway gives at once. */
const page = 500

async function readyOrders(sales: RunningService, each: (row: OrderRow) => void): Promise<void> {
  let cursor: string | undefined
  do {
    const found = await sales.query('orders', {
      filters: [{ field: 'status', comparison: 'eq', value: 'ready' }],
      orderBy: 'key',
      descending: false,
      limit: page,
      ...(cursor === undefined ? {} : { cursor })
    })
    for (const { data } of found.rows) each(data as OrderRow)
    cursor = found.next
  } while (cursor !== undefined)
}

function add(pence: Map<string, number>, customer: string, amount: number): void {
  pence.set(customer, (pence.get(customer) ?? 0) + amount)
}

function differences(
  what: string,
  found: ReadonlyMap<string, number>,
  wanted: ReadonlyMap<string, number>
): string[] {
  const wrong = [...wanted].filter(([customer, pence]) => found.get(customer) !== pence).length
  const more = found.size === wanted.size ? [] : [`${what}: ${found.size} customers, not ${wanted.size}`]
  return wrong === 0 ? more : [...more, `${what}: the money of ${wrong} customers is wrong`]
}

async function balances(service: RunningService): Promise<readonly string[]> {
  const { subscriptions, parked } = await service.status()
  const open = subscriptions.filter((one) => one.pending !== 0 || one.parked !== 0)
  return [
    ...open.map(
      (one) => `${service.definition.name}/${one.subscription}: ${one.pending} pending, ${one.parked} parked`
    ),
    ...parked.map((one) => `${service.definition.name}/${one.subscription}: ${one.count} are ${one.status}`)
  ]
}

/**
 * What is wrong after `count` orders have gone through: every order is ready, everybody is charged what they ordered
 * and once, nothing is left over, and each service's own check finds nothing. `deep` folds every state again.
 */
export async function provedWrong(
  running: RunningSystem,
  count: number,
  deep: boolean
): Promise<readonly string[]> {
  const wanted = new Map<string, number>()
  for (let index = 0; index < count; index++) add(wanted, customerId(index), orderTotal(index))

  const ordered = new Map<string, number>()
  let ready = 0
  await readyOrders(running.service('sales'), ({ customerId: customer, total }) => {
    ready += 1
    add(ordered, customer, total)
  })

  const charged = new Map<string, number>()
  let charges = 0
  for (let after = '', isMore = true; isMore; ) {
    const accounts = await running.service('billing').entities('account', after, page)
    for (const { key, state } of accounts) {
      const account = state as Account
      charges += account.charges
      add(charged, key, account.pence)
    }
    after = accounts.at(-1)?.key ?? ''
    isMore = accounts.length === page
  }

  const problems = [
    ...(ready === count ? [] : [`${ready} of ${count} orders are ready`]),
    ...(charges === count ? [] : [`${charges} charges for ${count} orders`]),
    ...differences('ordered', ordered, wanted),
    ...differences('charged', charged, wanted)
  ]
  for (const service of running.services.values()) {
    problems.push(...(await balances(service)))
    if (deep) problems.push(...(await service.check()))
  }
  return problems
}
