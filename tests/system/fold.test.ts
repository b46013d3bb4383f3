import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { BankProcess } from './bank-process.ts'

const places = [
  { TZ: 'UTC', LC_ALL: 'C' },
  { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' },
  { TZ: 'America/St_Johns', LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' }
]

test('I10 I11: the same events fold to the same bytes in every process, time zone and locale', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-fold-'))
  const processes: BankProcess[] = []
  onTestFinished(async () => {
    await Promise.all(processes.map((bank) => bank.end()))
    rmSync(directory, { recursive: true })
  })
  const start = async (
    env: Readonly<Record<string, string>>,
    work: 'script' | 'fold'
  ): Promise<BankProcess> => {
    const bank = new BankProcess(env)
    processes.push(bank)
    await bank.begin(directory, 'fold', work)
    bank.go()
    expect(await bank.ended, bank.broken).toEqual({ code: 0, signal: null })
    return bank
  }
  const first = await start({ TZ: 'Pacific/Auckland' }, 'script')
  expect(first.acks.length).toBe(8)
  const folded: (string | undefined)[] = []
  for (const env of places) folded.push((await start(env, 'fold')).said('folded'))
  expect(folded[0]).toContain('"rows":4')
  expect(folded[0]).toContain('ann')
  expect(new Set(folded).size).toBe(1)
}, 60_000)
