// A program: fills the three databases with orders that have gone all the way, as the pipeline leaves them.
import { join } from 'node:path'
import type { Batch, NewLogRow, Store } from 'skerry/ports'
import { sqliteStore } from 'skerry/sqlite'
import { answer, childOptions } from '../child.ts'
import { customerId, orderKey, orderLines, orderTotal } from './workload.ts'

/** How many orders go where. */
export interface FillOptions {
  readonly directory: string
  readonly orders: number
}

/** The sum of the logs: four rows an order. */
export interface FillResult {
  readonly events: number
}

const { directory, orders } = childOptions<FillOptions>()
const group = 1_000
const timeMs = Date.now()
const id = 'a3b0c442-98fc-4c14-9afb-f4c8996fb924'
const traceparent = '00-61b53230b7e434b27d304ca08d4efd3c-e54d25caa7ebabe2-01'
const empty: Batch = {
  log: [],
  states: [],
  projections: [],
  checkpoints: [],
  timers: [],
  parked: [],
  parkedChanges: [],
  answers: [],
  audit: [],
  fences: [],
  touched: []
}

type Mutable<Rows> = Rows extends readonly (infer Row)[] ? Row[] : never

/** The partition of a key, as the runtime chooses it; a wrong one would be found by the check of the services. */
function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % partitions
}

type Said = Pick<NewLogRow, 'kind' | 'type' | 'unit' | 'key' | 'sequence' | 'previous' | 'data'> &
  Partial<Pick<NewLogRow, 'to'>> & { readonly causationId?: string }

/** One service's store and what is to be written to it next. */
class Service {
  readonly store: Store
  readonly heads: number[]
  #log: NewLogRow[] = []
  states: Mutable<Batch['states']> = []
  projections: Mutable<Batch['projections']> = []

  constructor(store: Store) {
    this.store = store
    this.heads = new Array(store.partitions).fill(0)
  }

  /** Adds a row; gives its place. Positions have no holes, so they are known before the store gives them. */
  say({ causationId = id, ...said }: Said): { readonly position: number; readonly id: string } {
    const partition = partitionOf(said.key, this.heads.length)
    const position = (this.heads[partition] ?? 0) + 1
    this.heads[partition] = position
    this.#log.push({ ...said, partition, version: 1, timeMs, correlationId: id, causationId, traceparent })
    return { position, id: `${this.store.service}:${partition}:${position}` }
  }

  async commit(): Promise<void> {
    const { states, projections } = this
    await this.store.commit({ ...empty, log: this.#log, states, projections })
    this.#log = []
    this.states = []
    this.projections = []
  }

  /** Everything that a source has said is dealt with. */
  async moveCheckpoints(subscription: string, source: Service): Promise<void> {
    const checkpoints = source.heads.flatMap((head, partition) =>
      head === 0
        ? []
        : [{ subscription, source: source.store.service, partition, from: 0, to: head, done: head }]
    )
    await this.store.commit({ ...empty, checkpoints })
  }
}

async function open(service: string): Promise<Service> {
  return new Service(await sqliteStore({ service, file: join(directory, `${service}.db`) }))
}

const sales = await open('sales')
const billing = await open('billing')
const fulfilment = await open('fulfilment')
await sales.store.addGeneration('orders', 1, 1, ['status'], 'live')

interface Account {
  readonly version: number
  readonly charges: number
  readonly pence: number
  readonly position: number
}
const accounts = new Map<string, Account>()
const noAccount: Account = { version: 0, charges: 0, pence: 0, position: 0 }

function place(index: number): string {
  const key = orderKey(index)
  const customer = customerId(index)
  const total = orderTotal(index)
  const data = { orderId: key, customerId: customer, lines: orderLines(index), total }
  const said = sales.say({
    kind: 'event',
    type: 'OrderAccepted',
    unit: 'order',
    key,
    sequence: 1,
    previous: 0,
    data
  })
  sales.states.push({
    unit: 'order',
    key,
    expected: 0,
    version: 1,
    sequence: 1,
    lastPosition: said.position,
    revision: 1,
    data: { status: 'accepted', customerId: customer, total }
  })
  const row = { status: 'ready', customerId: customer, total }
  sales.projections.push({ projection: 'orders', generation: 1, key, data: row })
  return said.id
}

function bill(index: number, causationId: string, changed: Set<string>): string {
  const key = orderKey(index)
  const customer = customerId(index)
  const pence = orderTotal(index)
  const charge = billing.say({
    kind: 'command',
    type: 'Charge',
    unit: 'charging',
    key,
    sequence: 0,
    previous: 0,
    causationId,
    to: { service: 'billing', key: customer },
    data: { orderId: key, pence }
  })
  const account = accounts.get(customer) ?? noAccount
  const billed = billing.say({
    kind: 'event',
    type: 'CustomerBilled',
    unit: 'account',
    key: customer,
    sequence: account.charges + 1,
    previous: account.position,
    causationId: charge.id,
    data: { orderId: key, pence, customerId: customer }
  })
  changed.add(customer)
  accounts.set(customer, {
    version: account.version,
    charges: account.charges + 1,
    pence: account.pence + pence,
    position: billed.position
  })
  return billed.id
}

function writeAccounts(changed: ReadonlySet<string>): void {
  for (const key of changed) {
    const account = accounts.get(key) ?? noAccount
    const { version, charges, pence, position } = account
    billing.states.push({
      unit: 'account',
      key,
      expected: version,
      version: version + 1,
      sequence: charges,
      lastPosition: position,
      revision: 1,
      data: { status: 'open', charges, pence }
    })
    accounts.set(key, { ...account, version: version + 1 })
  }
}

function ship(index: number, causationId: string): void {
  const key = orderKey(index)
  const data = { orderId: key }
  const said = fulfilment.say({
    kind: 'event',
    type: 'OrderReadyForShipping',
    unit: 'shipping',
    key,
    sequence: 1,
    previous: 0,
    causationId,
    data
  })
  fulfilment.states.push({
    unit: 'shipping',
    key,
    expected: 0,
    version: 2,
    sequence: 1,
    lastPosition: said.position,
    revision: 1,
    data: { status: 'completed', kept: data, steps: { billed: 'done' }, done: ['billed'] }
  })
}

for (let first = 0; first < orders; first += group) {
  const changed = new Set<string>()
  for (let index = first; index < Math.min(first + group, orders); index++)
    ship(index, bill(index, place(index), changed))
  writeAccounts(changed)
  for (const service of [sales, billing, fulfilment]) await service.commit()
}

// Whoever has a process manager hears refusals, which any service may say.
const inboxes = [
  ...[sales, billing, fulfilment].flatMap((service) =>
    [billing, fulfilment].map((source) => [service, 'inbox', source] as const)
  ),
  [fulfilment, 'inbox', sales] as const
]
for (const [service, subscription, source] of [
  [sales, 'orders', sales] as const,
  [sales, 'orders', fulfilment] as const,
  [billing, 'charging', sales] as const,
  [fulfilment, 'shipping', sales] as const,
  [fulfilment, 'shipping', billing] as const,
  ...inboxes
])
  await service.moveCheckpoints(subscription, source)

let events = 0
for (const { store, heads } of [sales, billing, fulfilment]) {
  events += heads.reduce((sum, head) => sum + head, 0)
  await store.close()
}
const result: FillResult = { events }
answer(result)
