import { expect } from 'vitest'
import type { LogRow } from '../../src/ports/index.ts'
import { rowId } from '../../src/ports/index.ts'
import type { RunningService, RunningSystem } from '../../src/runtime/index.ts'
import type { StatementRow } from './bank.ts'

/** What the oracle needs of whoever runs the bank. */
export interface ProvableBank {
  readonly system: RunningSystem
  /** Lets time pass until nothing is left to do. */
  settled(): Promise<void>
}

/** What the oracle saw: a proof over nothing is none. */
export interface Proof {
  readonly rows: number
  readonly transfers: { readonly settled: number; readonly failed: number }
}

const servicesOf = ({ system }: ProvableBank): readonly RunningService[] => [...system.services.values()]

/** Everything a service said, by partition. I5: positions without holes. */
export async function logOf(service: RunningService): Promise<readonly LogRow[]> {
  const all: LogRow[] = []
  for (const [partition, head] of (await service.feed.heads()).entries()) {
    const rows: LogRow[] = []
    while (rows.length < head) {
      const page = await service.feed.read(partition, rows.length, 1_000)
      expect(
        page.length,
        `${service.feed.service}:${partition} has a hole behind ${rows.length}`
      ).toBeGreaterThan(0)
      rows.push(...page)
    }
    expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => index + 1))
    all.push(...rows)
  }
  return all
}

/** I4: what one entity said is numbered without holes, in the order of the log. */
export function proveOrder(rows: readonly LogRow[]): void {
  const last = new Map<string, LogRow>()
  for (const row of rows.filter(({ sequence }) => sequence > 0)) {
    const entity = `${row.service}/${row.unit}/${row.key}`
    const before = last.get(entity)
    expect(row.sequence, `${rowId(row)} of ${entity}`).toBe((before?.sequence ?? 0) + 1)
    expect(row.previous, `${rowId(row)} of ${entity}`).toBe(before?.position ?? 0)
    last.set(entity, row)
  }
}

/** I7: every command between services has led to exactly one event or refusal. */
function proveOnce(rows: readonly LogRow[]): void {
  const answers = new Map<string, number>()
  for (const { causationId, kind, unit } of rows)
    if (kind !== 'command' && unit !== 'settlement')
      answers.set(causationId, (answers.get(causationId) ?? 0) + 1)
  for (const row of rows.filter(({ kind }) => kind === 'command')) {
    const heard = answers.get(rowId(row)) ?? 0
    // An actor asks for no answer: its refused command leaves nothing in the log.
    if (row.replyTo) expect(heard, `${row.type} ${rowId(row)}`).toBe(1)
    else expect(heard, `${row.type} ${rowId(row)}`).toBeLessThanOrEqual(1)
  }
}

/** I12: all money that was put in is in an account, and each transfer moved all of it or none. */
async function proveMoney(on: ProvableBank, rows: readonly LogRow[]): Promise<Proof['transfers']> {
  const deposited = rows
    .filter(({ type }) => type === 'Deposited')
    .reduce((sum, { data }) => sum + (data as { pence: number }).pence, 0)
  let held = 0
  for (let after = ''; ; ) {
    const page = await on.system.service('bank').entities('account', after, 500)
    for (const { state } of page) held += (state as unknown as { pence: number }).pence
    const last = page.at(-1)
    if (!last) break
    after = last.key
  }
  expect(held, 'money in accounts').toBe(deposited)
  const count = { settled: 0, failed: 0 }
  for (const { key } of rows.filter(({ type }) => type === 'TransferRequested')) {
    const row = (await on.system.service('notices').row('statement', key)) as StatementRow
    expect(row.pence, key).toBe(0)
    const settled = row.moves.includes('settled')
    expect(row.moves.includes('failed'), `${key}: ${row.moves.join()}`).toBe(!settled)
    count[settled ? 'settled' : 'failed'] += 1
    const process = await on.system.service('transfers').entity('settlement', key)
    expect(process?.state.status, key).toBe(settled ? 'completed' : 'failed')
  }
  return count
}

/** I10: a projection that is rebuilt from nothing has the same rows. */
async function proveRebuild(on: ProvableBank, service: string, projection: string): Promise<void> {
  const running = on.system.service(service)
  const before = await running.rowsHash(projection)
  const { generation } = await running.rebuild(projection)
  await on.settled()
  const { rebuilds } = await running.status()
  expect(rebuilds.find((one) => one.unit === projection)).toMatchObject({
    generation,
    state: 'done'
  })
  expect(await running.rowsHash(projection), `${service}/${projection}`).toEqual(before)
}

/** I20: everything published is done, parked or pending. */
export async function proveBalance(service: RunningService): Promise<void> {
  const { subscriptions } = await service.status()
  expect(subscriptions.length).toBeGreaterThan(0)
  for (const { subscription, source, published, done, parked, pending } of subscriptions) {
    const where = `${service.definition.name}/${subscription} of ${source}`
    expect(done + parked + pending, where).toBe(published)
    for (const count of [done, parked, pending]) expect(count, where).toBeGreaterThanOrEqual(0)
  }
}

/** Proves everything that must hold of a bank with nothing left to do that has said at least so much. */
export async function proveAll(on: ProvableBank, rowsMin = 1): Promise<Proof> {
  const all: LogRow[] = []
  for (const service of servicesOf(on)) {
    const rows = await logOf(service)
    proveOrder(rows)
    all.push(...rows)
    await proveBalance(service)
    const { subscriptions } = await service.status()
    for (const { subscription, pending, parked } of subscriptions)
      expect({ subscription, pending, parked }).toEqual({ subscription, pending: 0, parked: 0 })
    expect(await service.check()).toEqual([])
  }
  proveOnce(all)
  const transfers = await proveMoney(on, all)
  await proveRebuild(on, 'bank', 'balances')
  await proveRebuild(on, 'notices', 'statement')
  expect(all.length).toBeGreaterThanOrEqual(rowsMin)
  return { rows: all.length, transfers }
}
