import { expect, test } from 'vitest'
import type { Feed, Log, LogFields, LogRow } from '../../ports/index.ts'
import { localBus } from './index.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const rows = (...positions: number[]): readonly LogRow[] =>
  positions.map((position) => ({
    service: 'sales',
    partition: 0,
    position,
    kind: 'event',
    type: 'OrderAccepted',
    version: 1,
    unit: 'order',
    key: 'order-1',
    sequence: position,
    previous: position - 1,
    timeMs: 0,
    correlationId: '',
    causationId: '',
    traceparent: '',
    data: {}
  }))

function written(): { readonly log: Log; readonly lines: { text: string; fields: LogFields }[] } {
  const lines: { text: string; fields: LogFields }[] = []
  const write = (text: string, fields: LogFields = {}): void => {
    lines.push({ text, fields })
  }
  return { log: { debug: write, info: write, warn: write, error: write }, lines }
}

test('the very array that is announced reaches the listener, one turn of the event loop later', async () => {
  const bus = localBus()
  const heard: (readonly LogRow[])[] = []
  bus.listen('sales', (more) => heard.push(more))
  const announced = [rows(1, 2), rows(3)]
  for (const each of announced) bus.announce('sales', each)
  await Promise.resolve()
  expect(heard).toEqual([])
  await turn()
  expect(heard).toHaveLength(2)
  expect(heard[0]).toBe(announced[0])
  expect(heard[1]).toBe(announced[1])
})

test('whoever announces goes on before any listener runs, also behind its own promises', async () => {
  const bus = localBus()
  const order: string[] = []
  bus.listen('sales', () => order.push('listener'))
  const answer = async (): Promise<void> => {
    bus.announce('sales', rows(1))
    await Promise.resolve()
    order.push('answered')
  }
  await answer()
  await turn()
  expect(order).toEqual(['answered', 'listener'])
})

test('rows announced by a listener come in a later turn, so that a chain of services lets others have theirs', async () => {
  const bus = localBus()
  let hops = 0
  bus.listen('sales', () => {
    hops += 1
    bus.announce('sales', rows(hops))
  })
  bus.announce('sales', rows(1))
  await turn()
  expect(hops).toBe(1)
  await turn()
  expect(hops).toBe(2)
  await bus.close()
})

test('a listener that throws is logged with its service', async () => {
  const { log, lines } = written()
  const bus = localBus({ log })
  const error = new Error('A listener that throws.')
  bus.listen('sales', () => {
    throw error
  })
  bus.announce('sales', rows(1))
  await turn()
  expect(lines).toEqual([{ text: 'A listener on the local bus threw.', fields: { service: 'sales', error } }])
})

test('the turn is brought by the clock where there is one', () => {
  const tasks: (() => void)[] = []
  const bus = localBus({ clock: { soon: (task) => tasks.push(task) } })
  let heard = 0
  bus.listen('sales', () => {
    heard += 1
  })
  bus.announce('sales', rows(1))
  bus.announce('sales', rows(2))
  expect([heard, tasks.length]).toEqual([0, 1])
  tasks[0]?.()
  expect(heard).toBe(2)
})

test('nothing is kept for those who do not listen', async () => {
  const tasks: (() => void)[] = []
  const bus = localBus({ clock: { soon: (task) => tasks.push(task) } })
  const forget = bus.listen('sales', () => {})
  forget()
  bus.announce('sales', rows(1))
  bus.announce('billing', rows(1))
  expect(tasks).toEqual([])
  await bus.close()
})

test('after close what was announced is not delivered, and feeds stay known', async () => {
  const bus = localBus()
  const feed: Feed = { service: 'sales', read: () => Promise.resolve([]), heads: () => Promise.resolve([0]) }
  bus.offer(feed)
  let heard = 0
  bus.listen('sales', () => {
    heard += 1
  })
  bus.announce('sales', rows(1))
  await bus.close()
  await turn()
  expect(heard).toBe(0)
  expect(bus.feed('sales')).toBe(feed)
})
