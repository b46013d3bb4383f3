import { expect } from 'vitest'
import type { LogRow } from '../../src/ports/index.ts'
import type { RunningSystem } from '../../src/runtime/index.ts'
import { logOf, type Proof, proveAll, proveBalance, proveOrder } from '../runtime/oracle.ts'
import type { Ack } from './bank-process.ts'
import { startBank } from './start-bank.ts'

/** What a row was said for, as the bank names its commands. */
function nameOf({ type, key, data }: LogRow): string | undefined {
  if (type === 'TransferRequested') return key
  if (type === 'Deposited') return (data as { note: string }).note
  return type === 'AccountClosed' ? 'c1' : undefined
}

/** I2 I7: everything acknowledged is in the log where the answer said, and nothing is there twice. */
function proveAcks(rows: readonly LogRow[], acks: readonly Ack[]): void {
  const byName = new Map<string, string[]>()
  for (const row of rows) {
    const name = nameOf(row)
    const position = `${row.service}:${row.partition}:${row.position}`
    if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), position])
  }
  for (const [name, positions] of byName) expect(positions, `${name} happened more than once`).toHaveLength(1)
  for (const { position, name } of acks)
    expect(byName.get(name), `${name} was acknowledged`).toEqual([position])
}

/** Proves what must hold at once after a crash, before anything has been made good: I1, I2, I4, I5, I20. */
async function proveAtOnce(bank: RunningSystem, acks: readonly Ack[]): Promise<void> {
  const all: LogRow[] = []
  for (const service of bank.services.values()) {
    const rows = await logOf(service)
    proveOrder(rows)
    all.push(...rows)
    await proveBalance(service)
    expect(await service.check()).toEqual([])
  }
  proveAcks(all, acks)
}

/** Opens the files that a dead process has left and proves them; `whole` lets all work end first and proves that too. */
export async function proveRecovery(
  directory: string,
  acks: readonly Ack[],
  whole: boolean
): Promise<Proof | undefined> {
  const bank = await startBank(directory)
  try {
    await proveAtOnce(bank, acks)
    if (!whole) return undefined
    await bank.idle()
    return await proveAll({ system: bank, settled: () => bank.idle() }, acks.length)
  } finally {
    await bank.stop()
  }
}
