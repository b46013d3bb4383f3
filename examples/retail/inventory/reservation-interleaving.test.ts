import fc from 'fast-check'
import {
  type CommandMessage,
  type EventMessage,
  eventName,
  type HasStatus,
  type MessageMeta,
  type OutgoingMessage
} from 'skerry'
import { expect, test } from 'vitest'
import { type SeededRandom, seededRandom } from '../import/seeded-random.ts'
import { ReceiveStock, ReleaseStock, ReserveStock } from './contract.ts'
import type { Item } from './items.ts'
import { CollectStock } from './own-messages.ts'
import { inventoryService } from './service.ts'

const { units, machineOf } = inventoryService

interface Sent {
  readonly message: OutgoingMessage
  /** The key of the entity an event is about. */
  readonly key: string
}

/**
 * The service without a runtime: every message waits in the lane of its sender and receiver, and chance picks the
 * lane that moves next. The order within a lane is all that the runtime promises.
 */
class Interleaved {
  readonly states = new Map<string, HasStatus>()
  readonly said: EventMessage[] = []
  readonly refused: CommandMessage[] = []
  readonly #lanes = new Map<string, Sent[]>()
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** A command from outside; those with one name keep their order. */
  ask(name: string, message: CommandMessage): void {
    this.#post(`outside ${name}`, { message, key: message.key })
  }

  /** Delivers one message; false when none is left. */
  step(): boolean {
    const open = [...this.#lanes].filter(([, lane]) => lane.length > 0)
    const [first, ...others] = open.map(([, lane]) => lane)
    if (first === undefined) return false
    const sent = this.#random.pick([first, ...others]).shift()
    if (sent?.message.kind === 'command') this.#decide(sent.message)
    else if (sent?.message.kind === 'event') this.#react(sent.message, sent.key)
    return true
  }

  #post(lane: string, sent: Sent): void {
    this.#lanes.set(lane, [...(this.#lanes.get(lane) ?? []), sent])
  }

  #decide(command: CommandMessage): void {
    const machine = machineOf.get(command.type)
    const rule = machine?.commands.get(command.type)
    if (machine === undefined || rule === undefined) throw new Error(`nobody handles ${command.type}`)
    const entity = `${machine.name} ${command.key}`
    const state = this.states.get(entity) ?? machine.initial
    const context = { key: command.key, nowMs: 0, commandId: 'none' }
    const decision = rule.from.includes(state.status) ? rule.decide(state, command.data, context) : undefined
    if (decision?.kind !== 'event') {
      this.refused.push(command)
      return
    }
    const event = machine.events.get(decision.type)
    if (event === undefined) throw new Error(`${machine.name} does not know ${decision.type}`)
    this.states.set(entity, event.evolve(state, decision.data, metaOf(command.key)))
    this.said.push(decision)
    this.#post(`events of ${entity}`, { message: decision, key: command.key })
  }

  #react(event: EventMessage, key: string): void {
    for (const unit of units.values()) {
      const rule = unit.kind === 'actor' ? unit.rules.get(eventName(event)) : undefined
      if (rule?.mode !== 'pure') continue
      const reaction = rule.react(event.data, metaOf(key)) ?? []
      for (const message of 'kind' in reaction ? [reaction] : reaction) {
        this.#post(`commands of ${unit.name} ${key}`, { message, key })
      }
    }
  }
}

function metaOf(key: string): MessageMeta {
  return { id: 'none', key, timeMs: 0, correlationId: 'none', causationId: 'none' }
}

type StockItem = HasStatus & { onHand: number; reserved: number }

function stockOf(run: Interleaved): Map<string, StockItem> {
  const items = [...run.states].filter(([entity]) => entity.startsWith('stock-item '))
  return new Map(items.map(([entity, state]) => [entity.slice('stock-item '.length), state as StockItem]))
}

const total = (items: readonly Item[]): number => items.reduce((sum, { quantity }) => sum + quantity, 0)

/** The units that the events of one type are about. */
function unitsIn(run: Interleaved, type: string): number {
  const data = run.said.filter((event) => event.type === type).map((event) => event.data as { items: Item[] })
  return data.reduce((sum, { items }) => sum + total(items), 0)
}

const code = fc.constantFrom('10001', '10002', '10003', '10004')
const orders = fc.array(
  fc.record({
    items: fc.array(fc.record({ stockCode: code, quantity: fc.integer({ min: 1, max: 4 }) }), {
      maxLength: 7
    }),
    /** What becomes of it: kept, collected when it can be, or released at whatever moment. */
    fate: fc.constantFrom('keep', 'collect', 'release')
  }),
  { minLength: 1, maxLength: 12 }
)
const deliveries = fc.array(fc.record({ stockCode: code, quantity: fc.integer({ min: 1, max: 12 }) }), {
  maxLength: 9
})

type Trade = { orders: { items: Item[]; fate: string }[]; deliveries: Item[]; seed: number }

const noNegative = (run: Interleaved): void => {
  for (const [stockCode, { onHand, reserved }] of stockOf(run)) {
    expect(reserved, `reserved of ${stockCode}`).toBeGreaterThanOrEqual(0)
    expect(reserved, `reserved of ${stockCode}, of ${onHand} on hand`).toBeLessThanOrEqual(onHand)
  }
}

function play(trade: Trade): Interleaved {
  const random = seededRandom(trade.seed)
  const run = new Interleaved(random)
  for (const [index, { stockCode, quantity }] of trade.deliveries.entries()) {
    run.ask(`supplier ${index}`, ReceiveStock.for(stockCode, { quantity }))
  }
  for (const [index, { items, fate }] of trade.orders.entries()) {
    run.ask(`order ${index}`, ReserveStock.for(`order-${index}`, { items }))
    if (fate === 'release') run.ask(`release ${index}`, ReleaseStock.for(`order-${index}`, {}))
  }
  const collectable = new Set(
    trade.orders.flatMap(({ fate }, index) => (fate === 'collect' ? [`order-${index}`] : []))
  )
  let heard = 0
  while (run.step()) {
    noNegative(run)
    for (const event of run.said.slice(heard)) {
      const { orderId = '' } = event.data as { orderId?: string }
      if (event.type === 'StockReserved' && collectable.has(orderId)) {
        run.ask(`collect ${orderId}`, CollectStock.for(orderId, {}))
      }
    }
    heard = run.said.length
  }
  return run
}

function check(trade: Trade, run: Interleaved): void {
  const ended = new Set(['StockReserved', 'OutOfStock', 'ReservationWithdrawn'])
  let kept = 0
  for (const [index, { items }] of trade.orders.entries()) {
    const orderId = `order-${index}`
    const ends = run.said.filter(
      (event) => ended.has(event.type) && (event.data as { orderId: string }).orderId === orderId
    )
    const turnedAway = run.refused.some(({ type, key }) => type === 'ReserveStock' && key === orderId)
    expect(ends.length, `answers to ${orderId}`).toBe(turnedAway ? 0 : 1)
    const state = run.states.get(`reservation ${orderId}`)
    expect(state?.status, orderId).toMatch(/^(reserved|out-of-stock|released|collected)$/)
    if (state?.status === 'reserved') kept += total(items)
    if (trade.orders[index]?.fate === 'collect') expect(state?.status).toMatch(/^(out-of-stock|collected)$/)
    if (trade.orders[index]?.fate === 'release') expect(state?.status).toMatch(/^(out-of-stock|released)$/)
  }

  const stock = [...stockOf(run).values()]
  const onHand = stock.reduce((sum, item) => sum + item.onHand, 0)
  const reserved = stock.reduce((sum, item) => sum + item.reserved, 0)
  const received = total(trade.deliveries)
  expect(reserved, 'held is what whole orders hold, and nothing else').toBe(kept)
  expect(onHand, 'on hand').toBe(received - unitsIn(run, 'StockCollected'))
  const available = received - unitsIn(run, 'StockReserved') + unitsIn(run, 'StockReleased')
  expect(onHand - reserved, 'available, as others add it up from what inventory says').toBe(available)
  const ownRefusals = run.refused.filter(({ type }) => type !== 'ReserveStock' && type !== 'ReleaseStock')
  expect(ownRefusals, 'no message between reservations and stock items is in vain').toEqual([])
}

test('however messages interleave, no unit is sold twice, an order is reserved whole or not at all, and nothing stays held', () => {
  const seen = new Map<string, number>()
  const trades = fc.record({ orders, deliveries, seed: fc.nat() })
  fc.assert(
    fc.property(trades, (trade) => {
      const run = play(trade)
      check(trade, run)
      for (const { type } of run.said) seen.set(type, (seen.get(type) ?? 0) + 1)
      for (const { type } of run.refused) seen.set(`no ${type}`, (seen.get(`no ${type}`) ?? 0) + 1)
    }),
    { numRuns: 400 }
  )
  const telling = ['StockReserved', 'OutOfStock', 'ReservationWithdrawn', 'StockReleased', 'StockCollected']
  for (const type of [...telling, 'UnitsShort', 'UnitsFreed', 'no ReserveStock']) {
    expect(seen.get(type), type).toBeGreaterThan(20)
  }
})

test('an order of 1,100 codes is reserved whole, and gives all of them back', () => {
  const items = Array.from({ length: 1_100 }, (_, index) => ({
    stockCode: String(10_000 + index),
    quantity: 2
  }))
  const run = new Interleaved(seededRandom(1))
  for (const item of items) run.ask('supplier', ReceiveStock.for(item.stockCode, { quantity: item.quantity }))
  while (run.step());
  run.ask('order', ReserveStock.for('1', { items }))
  while (run.step());
  expect(unitsIn(run, 'StockReserved')).toBe(2_200)
  run.ask('order', ReleaseStock.for('1', {}))
  while (run.step());
  const stock = [...stockOf(run).values()]
  expect(stock).toHaveLength(1_100)
  expect(stock.every(({ onHand, reserved }) => onHand === 2 && reserved === 0)).toBe(true)
})
