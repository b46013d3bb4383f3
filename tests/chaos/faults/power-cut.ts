import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { BankProcess } from '../../system/bank-process.ts'
import type { Campaign } from '../campaign.ts'
import { between } from '../chance.ts'
import type { Fault } from '../fault.ts'
import { LoopDisk, noPowerCuts } from '../loop-disk.ts'
import { firstOf, isStopped, libraryOf, noLibrary } from '../machine.ts'
import { Lives } from '../proving.ts'

/** A bank that does not care for its disk as it should. */
interface Carelessness {
  readonly env?: Readonly<Record<string, string>>
  readonly sloppy?: true
}

/** How many cuts one bank has to survive until a new one takes its place. */
const cutsOfABank = 5

interface Place {
  readonly disk: LoopDisk
  lives: Lives
  cuts: number
}

function newBank(campaign: Campaign, disk: LoopDisk, number: number): Place {
  return { disk, lives: new Lives(campaign, join(disk.directory, `bank${number}`)), cuts: 0 }
}

/**
 * A cut ext4 answers a sync that is under way with success though it has lost what was written: any program that
 * writes and syncs sees it, in one of some twenty cuts. So nothing is under way there; on xfs a cut comes anywhere.
 */
async function standStill(bank: BankProcess): Promise<void> {
  bank.signal('SIGSTOP')
  while (bank.alive && !isStopped(bank.pid)) await pause(1)
}

/** Lets a bank work until its disk loses its power; true when the disk has lost what was not synced. */
async function cutUnderLoad(
  campaign: Campaign,
  { disk, lives }: Place,
  { env, sloppy = false }: { readonly env?: Readonly<Record<string, string>>; readonly sloppy?: boolean },
  recorded: boolean
): Promise<boolean> {
  const { name, details } = lives.next(recorded)
  const bank = campaign.grounds.bank(env)
  await bank.begin(lives.directory, name, 'load', { ...details, sloppy })
  const wanted = between(1, 150)
  await bank.until(() => bank.acks.length >= wanted)
  if (disk.fileSystem === 'ext4') await standStill(bank)
  await disk.cut()
  bank.signal('SIGKILL')
  const { signal } = await bank.ended
  // From the cut on it had no disk any more, and whatever it says of that is right.
  lives.add(bank, true)
  return (await disk.restore()) && signal === 'SIGKILL'
}

const fileSystemOf = (lane: number) => (lane % 2 === 0 ? 'xfs' : 'ext4')

/** The power fails under load, on two file systems. */
export const powerCut: Fault = {
  name: 'power-cut',
  story: 'the power of the disk fails under load; what was not synced is gone',
  times: { quick: 8, long: 220 },
  missing: noPowerCuts,
  run: (campaign) => {
    const places: Place[] = []
    return campaign.lanes(2, async (lane, number) => {
      let place = places[lane]
      if (!place || place.cuts >= cutsOfABank) {
        place?.lives.remove()
        const disk = place?.disk ?? (await LoopDisk.make(campaign.grounds, fileSystemOf(lane)))
        place = newBank(campaign, disk, number)
        places[lane] = place
      }
      place.cuts += 1
      if (await cutUnderLoad(campaign, place, {}, true)) campaign.fired()
      await place.lives.prove(place.cuts === cutsOfABank, `power cut on ${fileSystemOf(lane)}`)
    })
  }
}

/** A control: the same cuts for a bank that is careless. Each has a bank and directory of its own. */
function control(
  name: string,
  story: string,
  careless: () => Carelessness,
  missing: Fault['missing']
): Fault {
  return {
    name,
    story,
    times: { quick: 3, long: 10 },
    isControl: true,
    missing: () => firstOf(noPowerCuts, missing),
    run: (campaign) => {
      const disks: LoopDisk[] = []
      return campaign.lanes(2, async (lane, number) => {
        const disk = disks[lane] ?? (await LoopDisk.make(campaign.grounds, fileSystemOf(lane)))
        disks[lane] = disk
        const place = newBank(campaign, disk, number)
        mkdirSync(place.lives.directory)
        if (await cutUnderLoad(campaign, place, careless(), false)) campaign.fired()
        if ((await place.lives.problems(false, false)).length > 0) campaign.lost()
        place.lives.remove()
      })
    }
  }
}

/** SQLite is told not to sync each commit. */
export const powerCutNormal: Fault = control(
  'control-normal',
  'a power cut with synchronous=NORMAL, which must lose something',
  () => ({ sloppy: true }),
  () => undefined
)

/** The disk says that it has synced, and has not. */
export const powerCutLying: Fault = control(
  'control-lying',
  'a power cut with syncs that do nothing, which must lose something',
  () => ({ env: { LD_PRELOAD: libraryOf('libeatmydata.so') ?? '' } }),
  noLibrary('libeatmydata.so', 'eatmydata')
)
