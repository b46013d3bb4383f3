import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tellSkipped } from '../servers/required.ts'
import { BankProcess } from './bank-process.ts'
import { proveRecovery } from './recovery.ts'
import { trace, whyNoTracing } from './strace.ts'

const reason = whyNoTracing()
if (reason) tellSkipped('the tests of errors of a disk', `${reason}.`)

test.skipIf(reason !== undefined).each([
  ['syncs', 'fsync', 'EIO', ['3+11', '2+7']],
  ['writes', 'pwrite64', 'EIO', ['5+61', '40+97']],
  ['writes for lack of room', 'pwrite64', 'ENOSPC', ['5+61', '40+97']]
])(
  'I22: when some %s fail nothing is acknowledged that is not there, and the bank goes on',
  async (_, call, error, whens) => {
    const directory = mkdtempSync(join(tmpdir(), 'skerry-io-'))
    let next = new BankProcess()
    onTestFinished(async () => {
      await next.end()
      rmSync(directory, { recursive: true })
    })
    for (const when of whens) {
      const bank = next
      next = new BankProcess()
      const files = join(directory, when)
      mkdirSync(files)
      await bank.until(() => bank.has('ready'))
      // Opening the files is not what is tested here: the errors begin when the bank is up.
      await bank.begin(files, 'script', 'script')
      await bank.until(() => bank.has('up'))
      const inject = `${call}:error=${error}:when=${when}`
      const tracer = await trace(bank.pid, call, inject, join(files, 'strace.log'))
      bank.go()
      expect(await bank.ended, bank.broken).toEqual({ code: 0, signal: null })
      await tracer.ended
      const injected = tracer.calls().filter((line) => line.includes('(INJECTED)'))
      expect(injected.length).toBeGreaterThan(0)
      expect(bank.acks.length).toBeGreaterThanOrEqual(8)
      await proveRecovery(files, bank.acks, true)
    }
  },
  120_000
)
