import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { BankShape } from '../../system/bank-orders.ts'
import type { BankProcess } from '../../system/bank-process.ts'
import type { Campaign } from '../campaign.ts'
import { between, inPercent } from '../chance.ts'
import type { Fault } from '../fault.ts'
import { isStopped, libraryOf, noLibrary } from '../machine.ts'
import { Lives } from '../proving.ts'

/** Steps of transfers have less time than a bank is made to stand still: their timers are overdue when it goes on. */
const hurried: BankShape = { stepMs: 250 }

/** A bank under load; what is done to it when it is warm gives whether it has happened. */
async function disturb(
  campaign: Campaign,
  env: Readonly<Record<string, string>> | undefined,
  after: string,
  harm: (bank: BankProcess, lives: Lives) => Promise<boolean>
): Promise<void> {
  const lives = new Lives(campaign, campaign.grounds.directory(), hurried)
  const { name, details } = lives.next()
  const bank = campaign.grounds.bank(env)
  await bank.begin(lives.directory, name, 'load', details)
  const wanted = between(20, 60)
  await bank.until(() => bank.acks.length >= wanted)
  if (await harm(bank, lives)) campaign.fired()
  const acked = bank.acks.length
  await bank.until(() => bank.acks.length >= acked + 20)
  if (bank.acks.length < acked + 20) campaign.violated(`${after}: it has not gone on`)
  const killed = inPercent(50)
  bank.signal(killed ? 'SIGKILL' : 'SIGTERM')
  const { code, signal } = await bank.ended
  if (!killed && code !== 0)
    campaign.violated(`${after}: it has not stopped in good order: ${code ?? signal}`)
  lives.add(bank)
  await lives.prove(true, after)
  lives.remove()
}

/** Tries to take over the files of a bank that stands still; says what happened when that was not refused. */
async function usurpation(campaign: Campaign, { directory, shape }: Lives): Promise<string | undefined> {
  const other = campaign.grounds.bank()
  await other.begin(directory, 'usurper', 'load', { shape })
  await other.until(() => other.has('up'))
  await other.end()
  if (other.has('up')) return 'another process has them'
  return other.broken?.startsWith('broken STORE_LOCKED') ? undefined : (other.broken ?? other.complaints)
}

/** A process stands still while the world goes on, and then goes on itself as if nothing had been. */
export const pausedProcess: Fault = {
  name: 'pause',
  story: 'SIGSTOP under load; nobody else may have its files meanwhile; SIGCONT',
  times: { quick: 4, long: 60 },
  missing: () => undefined,
  run: (campaign) =>
    campaign.lanes(2, () =>
      disturb(campaign, undefined, 'after a pause', async (bank, lives) => {
        bank.signal('SIGSTOP')
        await pause(between(300, 1_200))
        const stopped = isStopped(bank.pid)
        const usurped = await usurpation(campaign, lives)
        if (usurped !== undefined) campaign.violated(`The files of a paused process: ${usurped}`)
        bank.signal('SIGCONT')
        return stopped
      })
    )
}

/** The event loop does nothing else for a while. */
export const stall: Fault = {
  name: 'stall',
  story: 'the event loop stands still for up to 2 seconds',
  times: { quick: 4, long: 60 },
  missing: () => undefined,
  run: (campaign) =>
    campaign.lanes(2, () =>
      disturb(campaign, undefined, 'after a stall', async (bank) => {
        const ms = between(300, 2_000)
        bank.tell(`stall ${ms}`)
        await bank.until(() => bank.said('stalled') !== undefined)
        return Number(bank.said('stalled')?.split(' ')[1]) >= ms - 1
      })
    )
}

const jumps = ['-1h', '+1d', '-3d', '+0']

/** What a bank takes the time for, now. */
async function timeOf(bank: BankProcess): Promise<number> {
  const known = bank.allSaid('clock').length
  bank.tell('clock')
  await bank.until(() => bank.allSaid('clock').length > known)
  return Number(bank.allSaid('clock').at(-1)?.split(' ')[1])
}

/** The clock on the wall jumps in both directions; the one that only goes forward does not. */
export const clockJump: Fault = {
  name: 'clock-jump',
  story: 'the wall clock jumps by hours and days, back and forth',
  times: { quick: 3, long: 60 },
  missing: noLibrary('libfaketime.so.1', 'faketime'),
  run: (campaign) =>
    campaign.lanes(2, async () => {
      const file = join(campaign.grounds.directory(), 'time')
      writeFileSync(file, '+0\n')
      const env = {
        LD_PRELOAD: libraryOf('libfaketime.so.1') ?? '',
        DONT_FAKE_MONOTONIC: '1',
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1'
      }
      await disturb(campaign, env, 'after jumps of the clock', async (bank) => {
        let jumped = 0
        for (const jump of jumps) {
          const before = await timeOf(bank)
          writeFileSync(file, `${jump}\n`)
          if (Math.abs((await timeOf(bank)) - before) > 1_800_000) jumped += 1
          const acked = bank.acks.length
          await bank.until(() => bank.acks.length >= acked + 15)
        }
        return jumped === jumps.length
      })
    })
}
