import { expect } from 'vitest'
import { type LogRow, rowId } from '../../src/ports/index.ts'
import type { RunningService, RunningSystem } from '../../src/runtime/index.ts'
import { logOf, type Proof, proveAll, proveBalance, proveOrder } from '../runtime/oracle.ts'
import { until } from './child.ts'
import { type Ack, emptyLedger, type Ledger, type Post } from './ledger.ts'
import { startBank } from './start-bank.ts'

/** What a row was said for, as the bank names its commands; a note may go on behind its name. */
function nameOf({ type, key, data }: LogRow): string | undefined {
  if (type === 'TransferRequested') return key
  if (type === 'Deposited') return (data as { note: string }).note.split(' ')[0]
  return type === 'AccountClosed' ? 'c1' : undefined
}

/** I2 I7: everything acknowledged is in the log where the answer said, and nothing is there twice. */
function proveAcks(rows: readonly LogRow[], acks: readonly Ack[]): void {
  const byName = new Map<string, string[]>()
  for (const row of rows) {
    const name = nameOf(row)
    if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), rowId(row)])
  }
  for (const [name, positions] of byName) expect(positions, `${name} happened more than once`).toHaveLength(1)
  for (const { position, name } of acks)
    expect(byName.get(name), `${name} was acknowledged`).toEqual([position])
}

/**
 * I1 I7: what was done in the world outside was decided and durable before it was done, and whoever knows idempotency
 * keys there has done it once for each notice; what counts as done inside was done outside. `posts` are those that
 * were known before the rows were read.
 */
function proveEffects(rows: readonly LogRow[], posts: readonly Post[], { posts: untilNow }: Ledger): void {
  const written = new Set(rows.filter(({ type }) => type === 'NoticeWritten').map(({ key }) => key))
  const keys = new Map<string, string>()
  for (const { notice, idempotencyKey } of posts) {
    expect(written.has(notice), `${notice} was posted, and nobody knows that it was written`).toBe(true)
    expect(keys.get(notice) ?? idempotencyKey, `${notice} was posted under two keys`).toBe(idempotencyKey)
    keys.set(notice, idempotencyKey)
  }
  for (const { notice, idempotencyKey } of untilNow) keys.set(notice, idempotencyKey)
  for (const { key, data } of rows.filter(({ type }) => type === 'NoticeSent'))
    expect(keys.get(key), `${key} counts as posted`).toBe((data as { receipt: string }).receipt)
}

/** What became of the dead letters, by the audit: the messages that shall not be told of. */
async function proveDeeds(notices: RunningService, { deeds }: Ledger): Promise<ReadonlySet<string>> {
  const audit = await notices.deadLetters.audit(1_000)
  const discarded = new Set<string>()
  for (const { action, subject } of audit) {
    if (action !== 'dead-letter.discard') continue
    const message = subject.split(' ')[1] ?? ''
    expect(discarded.has(message), `${message} was discarded twice`).toBe(false)
    discarded.add(message)
  }
  for (const { action, number } of deeds) {
    const known = audit.some(
      (row) => row.action === `dead-letter.${action}` && row.subject.includes(`#${number} `)
    )
    expect(known, `${action} of dead letter ${number} was acknowledged`).toBe(true)
  }
  return discarded
}

/** I7 I16: each end of a transfer was told of once, also when it was parked, edited or redriven; unless discarded. */
function proveNotices(rows: readonly LogRow[], discarded: ReadonlySet<string>): void {
  const told = new Map<string, number>()
  for (const { type, kind, causationId } of rows)
    if (kind === 'command' && type === 'WriteNotice') told.set(causationId, (told.get(causationId) ?? 0) + 1)
  for (const row of rows) {
    if (row.type !== 'TransferSettled' && row.type !== 'TransferFailed') continue
    const id = rowId(row)
    expect(told.get(id) ?? 0, `notices of ${id}`).toBe(discarded.has(id) ? 0 : 1)
  }
}

async function allRows(bank: RunningSystem): Promise<readonly LogRow[]> {
  return (await Promise.all([...bank.services.values()].map(logOf))).flat()
}

/** Proves what must hold at once after a crash, before anything has been made good: I1, I2, I4, I5, I20. */
async function proveAtOnce(bank: RunningSystem, ledger: Ledger, effects: boolean): Promise<void> {
  const posts = [...ledger.posts]
  const all: LogRow[] = []
  for (const service of bank.services.values()) {
    const rows = await logOf(service)
    proveOrder(rows)
    all.push(...rows)
    await proveBalance(service)
    expect(await service.check()).toEqual([])
  }
  proveAcks(all, ledger.acks)
  if (effects) proveEffects(all, posts, ledger)
  await proveDeeds(bank.service('notices'), ledger)
}

/** Tries every dead letter again that a crash has left; nothing is wrong with the bank any more. */
async function redriveAll(bank: RunningSystem): Promise<void> {
  for (const { deadLetters } of bank.services.values())
    for (;;) {
      const [dead] = await deadLetters.list({ status: ['dead'], limit: 1 })
      if (!dead) break
      const { state } = await deadLetters.redrive(dead.number, 'recovery')
      expect(state, `dead letter ${dead.number}`).toBe('done')
      await bank.idle()
    }
}

/** What a proof needs to know beside the bank. */
export interface ProofNeeds {
  readonly ledger: Ledger
  /** All work is to end before it is proved, too. */
  readonly whole: boolean
  /** The posts are in the ledger, those of the bank that is proved as well. */
  readonly effects: boolean
}

/** All work has ended, also rebuilds that wait for the lease of an instance which has died a moment ago. */
async function settled(bank: RunningSystem): Promise<void> {
  await until('no rebuild is under way', async () => {
    await bank.idle()
    const statuses = await Promise.all([...bank.services.values()].map((service) => service.status()))
    return statuses.every(({ rebuilds }) => rebuilds.every(({ state }) => state !== 'running'))
  })
}

/** Proves a bank that goes on with the files that a dead process has left. */
export async function proveBank(
  bank: RunningSystem,
  { ledger, whole, effects }: ProofNeeds
): Promise<Proof | undefined> {
  await proveAtOnce(bank, ledger, effects)
  if (!whole) return undefined
  await bank.idle()
  await redriveAll(bank)
  const rows = await allRows(bank)
  if (effects) proveEffects(rows, ledger.posts, ledger)
  proveNotices(rows, await proveDeeds(bank.service('notices'), ledger))
  return proveAll({ system: bank, settled: () => settled(bank) }, ledger.acks.length)
}

/** Opens the files that a dead process has left and proves them; `whole` lets all work end first and proves that too. */
export async function proveRecovery(
  directory: string,
  acks: readonly Ack[],
  whole: boolean
): Promise<Proof | undefined> {
  const bank = await startBank(directory)
  try {
    return await proveBank(bank, { ledger: { ...emptyLedger(), acks: [...acks] }, whole, effects: false })
  } finally {
    await bank.stop()
  }
}
