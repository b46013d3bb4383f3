import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CardOutcome, PaymentTrouble } from '../billing/payment-provider.ts'
import { chargeCard } from './payment-client.ts'
import { testCards } from './test-cards.ts'

const program = fileURLToPath(new URL('./payment-provider-main.ts', import.meta.url))
let folder = ''
let running: ChildProcess | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payment-crash-'))
})

afterEach(async () => {
  if (running !== undefined) await stop(running, 'SIGKILL')
  await rm(folder, { recursive: true })
})

async function startChild(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [program, '--port', '0', '--data', join(folder, 'payments.db')], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  running = child
  if (child.stdout === null) throw new Error('the child has no standard output')
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listening on (http:\S+)/.exec(line)?.[1]
    if (url !== undefined) return { child, url }
  }
  throw new Error('the provider ended without listening')
}

async function stop(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

type Order = { key: string; card: string; pence: number; reference: string }
type Charge = { idempotencyKey: string; pence: number }

const orders = Array.from({ length: 1_500 }, (_, index): Order => {
  const cards = [
    testCards.approved,
    testCards.approved,
    testCards.insufficientFunds,
    testCards.unavailableTwice
  ]
  const card = cards[index % cards.length] ?? testCards.approved
  return { key: `key-${index}`, card: card.number, pence: index + 1, reference: `order-${index}` }
})

function charge(url: string, { key, ...order }: Order): Promise<CardOutcome> {
  return chargeCard({ url, idempotencyKey: key, ...order })
}

/**
 * Charges orders over 24 connections until all have a verdict or the provider is gone; counts what was cut
 * off.
 */
async function chargeUntilCut(
  url: string,
  verdicts: Map<string, CardOutcome>,
  progress: () => void
): Promise<number> {
  const open = orders.filter(({ key }) => !verdicts.has(key))
  let cut = 0
  const worker = async (): Promise<void> => {
    for (let order = open.shift(); order !== undefined && cut === 0; ) {
      try {
        verdicts.set(order.key, await charge(url, order))
        progress()
        order = open.shift()
      } catch (error) {
        if (!(error instanceof PaymentTrouble) || !error.retriable) throw error
        if (error.status === undefined) cut += 1
      }
    }
  }
  await Promise.all(Array.from({ length: 24 }, worker))
  return cut
}

test('a provider killed with -9 amid charges charges nothing twice and repeats its answers', async () => {
  const verdicts = new Map<string, CardOutcome>()
  const killsAt = [100, 400, 800, 1_200]
  let cutInAll = 0
  for (const killAt of killsAt) {
    const { child, url } = await startChild()
    const known = [...verdicts]
    const cut = await chargeUntilCut(url, verdicts, () => {
      if (verdicts.size >= killAt) child.kill('SIGKILL')
    })
    await stop(child, 'SIGKILL')
    expect(child.signalCode).toBe('SIGKILL')
    expect(cut).toBeGreaterThan(0)
    expect(verdicts.size).toBeLessThan(orders.length)
    for (const [key, verdict] of known) expect(verdicts.get(key)).toBe(verdict)
    cutInAll += cut
  }

  const { url } = await startChild()
  const known = new Map(verdicts)
  expect(known.size).toBeGreaterThanOrEqual(1_200)
  for (const order of orders) {
    const verdict = known.get(order.key)
    if (verdict !== undefined) expect(await charge(url, order)).toEqual(verdict)
  }
  expect(await chargeUntilCut(url, verdicts, () => undefined)).toBe(0)
  expect(verdicts.size).toBe(orders.length)

  const payable = orders.filter(({ card }) => card !== testCards.insufficientFunds.number)
  const { charges } = (await (await fetch(`${url}/charges?limit=10000`)).json()) as { charges: Charge[] }
  const taken = charges.map(({ idempotencyKey, pence }) => `${idempotencyKey} ${pence}`).sort()
  expect(taken).toEqual(payable.map(({ key, pence }) => `${key} ${pence}`).sort())
  const charged = payable.reduce((sum, { pence }) => sum + pence, 0)
  const totals = { charged, refunded: 0, count: payable.length, refundCount: 0 }
  expect(await (await fetch(`${url}/totals`)).json()).toEqual(totals)
  expect(cutInAll).toBeGreaterThanOrEqual(killsAt.length)
}, 60_000)

test('SIGTERM ends the provider cleanly, with its ledger kept', async () => {
  const first = await startChild()
  const [order] = orders
  if (order === undefined) throw new Error('there are no orders')
  const verdict = await charge(first.url, order)
  await stop(first.child, 'SIGTERM')
  expect(first.child.exitCode).toBe(0)

  const second = await startChild()
  expect(await charge(second.url, order)).toEqual(verdict)
}, 30_000)

test.each([
  [['--port', '0'], /--data FILE is missing/],
  [['--data', 'ledger.db', '--port', 'http'], /--port takes a whole number, not "http"/],
  [['--data', 'ledger.db', '--colour'], /Unknown option '--colour'/]
])('the arguments %j are refused in one line', async (args, message) => {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe']
  })
  running = child
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    said += part
  })
  await once(child, 'close')
  expect(child.exitCode).toBe(1)
  expect(said).toMatch(message)
  expect(said.trim().split('\n')).toHaveLength(1)
})
