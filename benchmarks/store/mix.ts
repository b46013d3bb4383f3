import type { Batch, NewLogRow, ProjectionWrite, StateWrite, TimerWrite } from 'skerry/ports'
import { customerCount, customerId, orderKey, orderLines, orderTotal } from '../pipeline/workload.ts'

/** The order numbers of one group, from its first; none where the way of the orders has not begun or is over. */
export type Group = readonly number[]

const partitions = 16
const timeMs = Date.now()
const correlationId = 'a3b0c442-98fc-4c14-9afb-f4c8996fb924'
const traceparent = '00-61b53230b7e434b27d304ca08d4efd3c-e54d25caa7ebabe2-01'
const nothing: Batch = {
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

/** The batches that three services write for groups of orders of the pipeline: 4 log rows, 4 states, 2 rows an order. */
export class Mix {
  readonly #keyOf: (index: number) => string
  readonly #moved: Map<string, number> = new Map()

  constructor(keyOf: (index: number) => string = orderKey) {
    this.#keyOf = keyOf
  }

  /** Orders are accepted, and come into the list of orders as accepted and later as ready. */
  sales(placed: Group, listed: Group, ready: Group): Batch {
    return {
      ...nothing,
      log: placed.map((index) =>
        this.#row('order', this.#keyOf(index), 'OrderAccepted', index, 1, {
          customerId: customerId(index),
          lines: orderLines(index),
          total: orderTotal(index)
        })
      ),
      states: placed.map((index, row) =>
        this.#state('order', this.#keyOf(index), 0, row, rowData('accepted', index))
      ),
      projections: [
        ...listed.map((index) => this.#listRow('accepted', index)),
        ...ready.map((index) => this.#listRow('ready', index))
      ],
      checkpoints: [...this.#move('orders', 'sales', listed), ...this.#move('orders', 'fulfilment', ready)]
    }
  }

  /** Orders are charged, by a command, to the accounts of their customers. */
  billing(charged: Group, billed: Group): Batch {
    const charges = charged.map((index) =>
      this.#row('charging', this.#keyOf(index), 'Charge', index, 0, { pence: orderTotal(index) })
    )
    const bills = billed.map((index) =>
      this.#row('account', customerId(index), 'CustomerBilled', index, 1, { pence: orderTotal(index) })
    )
    return {
      ...nothing,
      log: [...charges, ...bills],
      states: billed.map((index, row) => {
        const version = Math.floor(index / customerCount)
        return this.#state('account', customerId(index), version, charges.length + row, {
          charges: version + 1
        })
      }),
      checkpoints: [...this.#move('charging', 'sales', charged), ...this.#move('inbox', 'billing', billed)]
    }
  }

  /** The process of an order begins with a timer, and ends without it. */
  fulfilment(begun: Group, ended: Group): Batch {
    return {
      ...nothing,
      log: ended.map((index) =>
        this.#row('shipping', this.#keyOf(index), 'OrderReadyForShipping', index, 1, {})
      ),
      states: [
        ...begun.map((index) =>
          this.#state('shipping', this.#keyOf(index), 0, undefined, {
            status: 'running',
            steps: { billed: 'begun' }
          })
        ),
        ...ended.map((index, row) =>
          this.#state('shipping', this.#keyOf(index), 1, row, {
            status: 'completed',
            steps: { billed: 'done' }
          })
        )
      ],
      timers: [
        ...begun.map((index) => this.#timer(index, timeMs + index)),
        ...ended.map((index) => this.#timer(index, 'cancel'))
      ],
      checkpoints: [...this.#move('shipping', 'sales', begun), ...this.#move('shipping', 'billing', ended)]
    }
  }

  #row(unit: string, key: string, type: string, index: number, sequence: number, data: object): NewLogRow {
    const partition = index % partitions
    const causationId = `sales:${partition}:${index}`
    const told = {
      timeMs,
      correlationId,
      causationId,
      traceparent,
      data: { orderId: this.#keyOf(index), ...data }
    }
    return { partition, kind: 'event', type, version: 1, unit, key, sequence, previous: 0, ...told }
  }

  #state(unit: string, key: string, expected: number, row: number | undefined, data: unknown): StateWrite {
    const lastPosition = row === undefined ? 0 : { row }
    return { unit, key, expected, version: expected + 1, sequence: 1, lastPosition, revision: 1, data }
  }

  #listRow(status: string, index: number): ProjectionWrite {
    return { projection: 'orders', generation: 1, key: this.#keyOf(index), data: rowData(status, index) }
  }

  #timer(index: number, dueMs: number | 'cancel'): TimerWrite {
    return {
      unit: 'shipping',
      key: this.#keyOf(index),
      name: 'step:billed',
      dueMs,
      correlationId,
      traceparent
    }
  }

  #move(subscription: string, source: string, group: Group): Batch['checkpoints'] {
    if (group.length === 0) return []
    const from = this.#moved.get(`${subscription} ${source}`) ?? 0
    this.#moved.set(`${subscription} ${source}`, from + 1)
    return Array.from({ length: partitions }, (_, partition) => ({
      subscription,
      source,
      partition,
      from,
      to: from + 1,
      done: 1
    }))
  }
}

function rowData(status: string, index: number): object {
  return { status, customerId: customerId(index), total: orderTotal(index) }
}
