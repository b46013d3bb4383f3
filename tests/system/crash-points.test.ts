import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tellSkipped } from '../servers/required.ts'
import { BankProcess } from './bank-process.ts'
import { type CrashPoint, chosenOf, pointsOf, runTraced } from './crash-points.ts'
import { proveRecovery } from './recovery.ts'
import { whyNoTracing } from './strace.ts'

const reason = whyNoTracing()
if (reason) tellSkipped('the tests of the crash points', `${reason}.`)
/** How many of all places at which the script writes are tried; every one of them with SKERRY_CRASH_POINTS=all. */
const wanted = process.env['SKERRY_CRASH_POINTS'] ?? '64'

/** Runs the script in a process that is traced from its first order on. */
function run(bank: BankProcess, directory: string, point: CrashPoint | undefined) {
  mkdirSync(directory, { recursive: true })
  return runTraced(bank, point, join(directory, 'strace.log'), () =>
    bank.begin(directory, 'script', 'script')
  )
}

/** A process that is killed at one point, and what it left; true when it was killed there. */
async function dieAt(bank: BankProcess, files: string, point: CrashPoint): Promise<boolean> {
  const { end } = await run(bank, files, point)
  expect(bank.broken).toBeUndefined()
  if (end.signal !== 'SIGKILL') expect(end.code).toBe(0)
  const where = `killed before ${point.call} ${point.when}`
  expect(await proveRecovery(files, bank.acks, true), where).toBeDefined()
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
    const all = pointsOf(calls, whole.pid)
    expect(all.length).toBeGreaterThan(200)
    const points = [...chosenOf(all, wanted === 'all' ? all.length : Number(wanted))]
    const names = new Set(points.map(({ call }) => call))
    for (const name of ['pwrite64', 'write', 'fsync', 'unlink']) expect(names).toContain(name)
    const tried = points.length
    let killed = 0
    const lane = async (): Promise<void> => {
      for (let point = points.pop(); point; point = points.pop()) {
        const files = join(directory, `${point.call}-${point.when}`)
        if (await dieAt(processOf(), files, point)) killed += 1
      }
    }
    warm.push(new BankProcess())
    await Promise.all([lane(), lane()])
    // Not every run writes as often: the last places may not be reached again.
    expect(killed).toBeGreaterThan(0.9 * tried)
  },
  1_200_000
)
