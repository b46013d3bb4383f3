import { join } from 'node:path'
import { trace } from '../../system/strace.ts'
import type { Campaign } from '../campaign.ts'
import { between, inPercent, oneOf } from '../chance.ts'
import type { Fault } from '../fault.ts'
import { noTracing } from '../machine.ts'
import { Lives } from '../proving.ts'

/** A call that goes wrong again and again: first at one chance place, then at every so-many-th. */
interface Failing {
  readonly call: string
  readonly error: 'EIO' | 'ENOSPC'
  readonly firstMax: number
  readonly stepMin: number
}

const failingSync: Failing = { call: 'fsync', error: 'EIO', firstMax: 12, stepMin: 7 }
const failingWrites: readonly [Failing, ...Failing[]] = [
  { call: 'pwrite64', error: 'EIO', firstMax: 80, stepMin: 40 },
  { call: 'pwrite64', error: 'ENOSPC', firstMax: 80, stepMin: 40 }
]

/** Lets calls of a bank fail while it works, and at last be killed if it is not to reach the end. */
async function failSome(campaign: Campaign, { call, error, firstMax, stepMin }: Failing): Promise<void> {
  const lives = new Lives(campaign, campaign.grounds.directory())
  const { name, details } = lives.next()
  const bank = campaign.grounds.bank()
  const killed = inPercent(40)
  // Opening the files is not what is done here: the errors begin when the bank is up.
  if (killed) await bank.begin(lives.directory, name, 'load', details)
  else await bank.begin(lives.directory, name, 'script', details)
  await bank.until(() => bank.has('up'))
  const when = `${between(1, firstMax)}+${between(stepMin, 3 * stepMin)}`
  const log = join(campaign.grounds.directory(), 'strace.log')
  const tracer = await trace(bank.pid, call, `${call}:error=${error}:when=${when}`, log)
  if (killed) {
    const acked = bank.acks.length
    await bank.until(() => bank.acks.length >= acked + between(30, 80))
    bank.signal('SIGKILL')
  } else bank.go()
  const { code, signal } = await bank.ended
  await tracer.ended
  const what = `${call} ${error} ${when}`
  if (!killed && code !== 0) campaign.violated(`${what}: it has not come to its end: ${code ?? signal}`)
  if (tracer.calls().some((line) => line.includes('(INJECTED)'))) campaign.fired()
  lives.add(bank)
  await lives.prove(true, what)
  lives.remove()
}

/** Syncs fail: nothing that they were for may count as stored. */
export const failedSync: Fault = {
  name: 'failed-sync',
  story: 'fsync fails now and then',
  times: { quick: 4, long: 150 },
  missing: noTracing,
  run: (campaign) => campaign.lanes(2, () => failSome(campaign, failingSync))
}

/** Writes fail, as those of a broken disk or of one that is full for a moment. */
export const failedWrite: Fault = {
  name: 'failed-write',
  story: 'writes fail now and then, with EIO or ENOSPC',
  times: { quick: 4, long: 150 },
  missing: noTracing,
  run: (campaign) => campaign.lanes(2, () => failSome(campaign, oneOf(failingWrites)))
}

/** Each sync takes long; everything is slow, and nothing is lost. */
export const slowDisk: Fault = {
  name: 'slow-disk',
  story: 'each fsync takes up to 100 ms, and then a kill',
  times: { quick: 4, long: 60 },
  missing: noTracing,
  run: (campaign) =>
    campaign.lanes(2, async () => {
      const lives = new Lives(campaign, campaign.grounds.directory())
      const { name, details } = lives.next()
      const bank = campaign.grounds.bank()
      await bank.begin(lives.directory, name, 'load', details)
      await bank.until(() => bank.has('up'))
      const delayMs = between(20, 100)
      const log = join(campaign.grounds.directory(), 'strace.log')
      const tracer = await trace(bank.pid, 'fsync', `fsync:delay_enter=${delayMs * 1_000}`, log)
      const acked = bank.acks.length
      await bank.until(() => bank.acks.length >= acked + between(10, 40))
      bank.signal('SIGKILL')
      await bank.ended
      await tracer.ended
      if (tracer.calls().some((line) => line.includes('(DELAYED)'))) campaign.fired()
      lives.add(bank)
      await lives.prove(true, `syncs of ${delayMs} ms`)
      lives.remove()
    })
}
