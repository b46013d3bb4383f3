import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { BankProcess } from './bank-process.ts'
import type { Ack } from './ledger.ts'
import { proveRecovery } from './recovery.ts'

test('I27: a bank that is told to stop under load drains, ends with 0, and has lost nothing, time after time', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-stop-'))
  let next = new BankProcess()
  onTestFinished(async () => {
    await next.end()
    rmSync(directory, { recursive: true })
  })
  const acks: Ack[] = []
  for (let life = 0; life < 8; life++) {
    const bank = next
    await bank.begin(directory, `life${life}`, 'load')
    await bank.until(() => bank.acks.length >= 20 * life + 1)
    bank.signal('SIGTERM')
    next = new BankProcess()
    expect(await bank.ended).toEqual({ code: 0, signal: null })
    expect([bank.has('stopping'), bank.has('stopped')]).toEqual([true, true])
    acks.push(...bank.acks)
    await proveRecovery(directory, acks, life === 7)
  }
  expect(acks.length).toBeGreaterThan(400)
}, 120_000)

test('I27: killed in the middle of draining, nothing is lost either', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-stop-'))
  let next = new BankProcess()
  onTestFinished(async () => {
    await next.end()
    rmSync(directory, { recursive: true })
  })
  const acks: Ack[] = []
  let caught = 0
  for (let life = 0; life < 8; life++) {
    const bank = next
    await bank.begin(directory, `life${life}`, 'load')
    await bank.until(() => bank.acks.length >= 30)
    bank.signal('SIGTERM')
    await bank.until(() => bank.has('stopping'))
    bank.signal('SIGKILL')
    next = new BankProcess()
    if ((await bank.ended).signal === 'SIGKILL') caught += 1
    acks.push(...bank.acks)
    await proveRecovery(directory, acks, life === 7)
  }
  expect(caught).toBeGreaterThan(0)
}, 120_000)
