import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { BankProcess } from './bank-process.ts'
import { proveRecovery } from './recovery.ts'
import { trace, whyNoTracing, writeCalls } from './strace.ts'

const reason = whyNoTracing()
if (reason) console.warn(`Crash points are not tested: ${reason}.`)
/** How many of all places at which the script writes are tried; every one of them with SKERRY_CRASH_POINTS=all. */
const wanted = process.env['SKERRY_CRASH_POINTS'] ?? '64'

/** Runs the script in a process that is traced from its first order on. */
async function run(bank: BankProcess, directory: string, inject: string | undefined) {
  mkdirSync(directory, { recursive: true })
  await bank.until(() => bank.has('ready'))
  const tracer = await trace(bank.pid, writeCalls, inject, join(directory, 'strace.log'))
  await bank.begin(directory, 'script', 'script')
  bank.go()
  const end = await bank.ended
  await tracer.ended
  return { end, calls: tracer.calls() }
}

/** A process that is killed at one point, and what it left; true when it was killed there. */
async function dieAt(bank: BankProcess, files: string, when: number): Promise<boolean> {
  const { end } = await run(bank, files, `${writeCalls}:signal=KILL:when=${when}`)
  expect(bank.broken).toBeUndefined()
  if (end.signal !== 'SIGKILL') expect(end.code).toBe(0)
  expect(await proveRecovery(files, bank.acks, true), `killed before write ${when}`).toBeDefined()
  rmSync(files, { recursive: true })
  return end.signal === 'SIGKILL'
}

test.skipIf(reason !== undefined)(
  'I1 I2 I4 I5 I7 I8 I10 I12 I14: killed before any of its writes, a bank comes back whole',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'skerry-points-'))
    const warm: BankProcess[] = []
    onTestFinished(async () => {
      await Promise.all(warm.map((bank) => bank.end()))
      rmSync(directory, { recursive: true })
    })
    const processOf = (): BankProcess => {
      warm.push(new BankProcess())
      return warm.shift() as BankProcess
    }
    warm.push(new BankProcess())
    const whole = processOf()
    const { end, calls } = await run(whole, join(directory, 'whole'), undefined)
    expect(whole.broken).toBeUndefined()
    expect(end).toEqual({ code: 0, signal: null })
    expect(whole.acks.length).toBe(8)
    expect(calls.length).toBeGreaterThan(200)
    const points = wanted === 'all' ? calls.length : Number(wanted)
    // Not every run writes as often: the last places are left out, unless all are wanted.
    const stride = wanted === 'all' ? 1 : (0.85 * calls.length) / points
    let point = 0
    let killed = 0
    const lane = async (): Promise<void> => {
      while (point < points) {
        const when = 1 + Math.floor((point++ + Math.random()) * stride)
        if (await dieAt(processOf(), join(directory, `${when}-${point}`), when)) killed += 1
      }
    }
    warm.push(new BankProcess())
    await Promise.all([lane(), lane()])
    expect(killed).toBeGreaterThan(0.9 * points)
  },
  1_200_000
)
