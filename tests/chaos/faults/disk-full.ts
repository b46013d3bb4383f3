import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { smallDisk, whyNoSmallDisk } from '../../system/small-disk.ts'
import { between, inPercent } from '../chance.ts'
import type { Fault } from '../fault.ts'
import { Lives } from '../proving.ts'

const megabyte = 1_048_576

/** The disk is full; then there is room again, or the process is killed before. */
export const diskFull: Fault = {
  name: 'disk-full',
  story: 'the disk is full, and has room again after a while or after a kill',
  times: { quick: 4, long: 100 },
  missing: whyNoSmallDisk,
  run: (campaign) =>
    campaign.lanes(2, async () => {
      const disk = smallDisk(8)
      if (typeof disk === 'string') throw new Error(disk)
      const { grounds } = campaign
      let mounted = true
      const unmount = (): void => {
        if (mounted) disk.unmount()
        mounted = false
      }
      grounds.defer(unmount)
      const ballast = join(disk.directory, 'ballast')
      writeFileSync(ballast, Buffer.alloc(between(4, 6) * megabyte))
      const lives = new Lives(campaign, disk.directory)
      const { name, details } = lives.next()
      const bank = grounds.bank()
      await bank.begin(disk.directory, name, 'load', { ...details, padding: between(1, 8) * 1_000 })
      await bank.until(() => bank.has('refused STORE_FULL'))
      if (bank.has('refused STORE_FULL')) campaign.fired()
      const killed = inPercent(50)
      if (killed) bank.signal('SIGKILL')
      else {
        rmSync(ballast)
        const acked = bank.acks.length
        await bank.until(() => bank.acks.length > acked + 10)
        bank.signal('SIGTERM')
      }
      const { code, signal } = await bank.ended
      if (!killed && code !== 0) campaign.violated(`It did not go on when there was room: ${code ?? signal}`)
      rmSync(ballast, { force: true })
      lives.add(bank)
      await lives.prove(true, killed ? 'killed while the disk was full' : 'after the disk was full')
      unmount()
    })
}
