import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { BankProcess } from './bank-process.ts'
import type { Ack } from './ledger.ts'
import { proveRecovery } from './recovery.ts'

const kills = Number(process.env['SKERRY_KILLS'] ?? 40)
const wholeEvery = 8

test(
  `I1 I2 I4 I5 I7 I8 I10 I12 I20: killed ${kills} times at random under load, nothing acknowledged is lost and nothing happens twice`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'skerry-kill-'))
    let next = new BankProcess()
    onTestFinished(async () => {
      await next.end()
      rmSync(directory, { recursive: true })
    })
    const acks: Ack[] = []
    const seen = { killed: 0, duringStart: 0, underLoad: 0, rows: 0 }
    for (let life = 0; life < kills; life++) {
      const bank = next
      await bank.begin(directory, `life${life}`, 'load')
      // Some die while they start, most of them after so many acknowledgements.
      const wanted = Math.random() < 0.2 ? 0 : Math.ceil(Math.random() * 80)
      await bank.until(() => bank.acks.length >= wanted)
      bank.signal('SIGKILL')
      next = new BankProcess()
      expect(await bank.ended).toEqual({ code: null, signal: 'SIGKILL' })
      expect(bank.broken).toBeUndefined()
      seen.killed += 1
      seen[wanted === 0 ? 'duringStart' : 'underLoad'] += 1
      acks.push(...bank.acks)
      const proof = await proveRecovery(
        directory,
        acks,
        life % wholeEvery === wholeEvery - 1 || life === kills - 1
      )
      seen.rows = proof?.rows ?? seen.rows
    }
    expect(seen.killed).toBe(kills)
    expect(seen.underLoad).toBeGreaterThan(kills / 2)
    expect(acks.length).toBeGreaterThan(10 * kills)
    expect(seen.rows).toBeGreaterThan(acks.length)
  },
  60_000 + kills * 6_000
)
