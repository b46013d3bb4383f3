import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { BankProcess } from './bank-process.ts'
import { proveRecovery } from './recovery.ts'

const heapMegabytes = 160

test(`I2 I21: flooded with more than it can hold, a bank with a heap of ${heapMegabytes} MB refuses in time, and keeps what it accepted`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-flood-'))
  const bank = new BankProcess({
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --max-old-space-size=${heapMegabytes}`
  })
  onTestFinished(async () => {
    await bank.end()
    rmSync(directory, { recursive: true })
  })
  await bank.begin(directory, 'flood', 'flood')
  expect(await bank.ended, bank.broken).toEqual({ code: 0, signal: null })
  const refused = Number(bank.said('refused')?.split(' ')[1])
  expect(refused).toBeGreaterThan(20_000)
  expect(bank.acks.length).toBe(90_000 - refused)
  await proveRecovery(directory, bank.acks, false)
}, 120_000)
