import { setTimeout as pause } from 'node:timers/promises'
import { between, inPercent } from '../chance.ts'
import type { Fault } from '../fault.ts'
import { Lives } from '../proving.ts'

/** How often one bank is killed until a new one takes its place: its log is read anew after each time. */
const livesOfABank = 12
const wholeEvery = 4

/** A process under load is gone from one moment to the next, also while it starts. */
export const randomKill: Fault = {
  name: 'kill',
  story: 'kill -9 at random, under load and while it starts',
  times: { quick: 20, long: 1_000 },
  missing: () => undefined,
  run: (campaign) => {
    const banks: (Lives | undefined)[] = []
    const killed: number[] = []
    return campaign.lanes(2, async (lane) => {
      const lives = banks[lane] ?? new Lives(campaign, campaign.grounds.directory())
      banks[lane] = lives
      const { name, details } = lives.next()
      const bank = campaign.grounds.bank()
      await bank.begin(lives.directory, name, 'load', details)
      if (inPercent(20)) await pause(between(0, 60))
      else {
        const wanted = between(1, 120)
        await bank.until(() => bank.acks.length >= wanted)
      }
      bank.signal('SIGKILL')
      if ((await bank.ended).signal === 'SIGKILL') campaign.fired()
      lives.add(bank)
      const count = (killed[lane] ?? 0) + 1
      killed[lane] = count
      await lives.prove(count % wholeEvery === 0, 'killed')
      if (count % livesOfABank > 0) return
      lives.remove()
      banks[lane] = undefined
    })
  }
}
