import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { BankProcess } from '../../system/bank-process.ts'
import type { Ledger } from '../../system/ledger.ts'
import type { Campaign } from '../campaign.ts'
import { between, inPercent } from '../chance.ts'
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

let banks = 0

function newBank(campaign: Campaign, disk: LoopDisk): Place {
  banks += 1
  return { disk, lives: new Lives(campaign, join(disk.directory, `bank${banks}`)), cuts: 0 }
}

async function startLoad(campaign: Campaign, { lives }: Place, careless: Carelessness, recorded: boolean) {
  const { name, details } = lives.next(recorded)
  const { env, sloppy = false } = careless
  const bank = campaign.grounds.bank(env)
  await bank.begin(lives.directory, name, 'load', { ...details, sloppy })
  const wanted = between(1, 150)
  await bank.until(() => bank.acks.length >= wanted)
  return bank
}

/** Ends a bank whose disk is gone, and gives the disk its power back; true when what was not synced is lost. */
async function endWithout(disk: LoopDisk, bank: BankProcess): Promise<boolean> {
  bank.signal('SIGKILL')
  const { signal } = await bank.ended
  return (await disk.restore()) && signal === 'SIGKILL'
}

/**
 * Cuts the power between two system calls: everything that was said must hold. A call that is under way is not what
 * it would be with a real disk: xfs and ext4 answer a sync during which they are shut down with success now and then,
 * though what was written is lost. Any program that writes, syncs and says so shows it, in one of some thirty cuts.
 */
async function cutBetweenCalls(campaign: Campaign, place: Place, careless: Carelessness, recorded: boolean) {
  const bank = await startLoad(campaign, place, careless, recorded)
  bank.signal('SIGSTOP')
  while (bank.alive && !isStopped(bank.pid)) await pause(1)
  await place.disk.cut()
  const fired = await endWithout(place.disk, bank)
  // Without a disk it may say what it likes.
  place.lives.add(bank, true)
  return fired
}

/** Cuts the power at any moment, also in the middle of a call; what was said before the cut began must hold. */
async function cutAnywhere(campaign: Campaign, place: Place): Promise<boolean> {
  const bank = await startLoad(campaign, place, {}, false)
  const { acks, posts, deeds } = bank.ledger
  const said: Ledger = { acks: [...acks], posts: [...posts], deeds: [...deeds] }
  await place.disk.cut()
  place.lives.addUntil(said)
  return endWithout(place.disk, bank)
}

const fileSystemOf = (lane: number) => (lane % 2 === 0 ? 'xfs' : 'ext4')

/** One cut of a bank that goes on through several, taken down and compared with the simulator's model in every part. */
async function cutAgain(campaign: Campaign, place: Place): Promise<Place> {
  const now = place.cuts < cutsOfABank ? place : newBank(campaign, place.disk)
  if (now !== place) place.lives.remove()
  now.cuts += 1
  if (await cutBetweenCalls(campaign, now, {}, true)) campaign.fired()
  await now.lives.prove(now.cuts === cutsOfABank, `power cut between calls on ${now.disk.fileSystem}`)
  return now
}

async function cutOnce(campaign: Campaign, disk: LoopDisk): Promise<void> {
  const place = newBank(campaign, disk)
  if (await cutAnywhere(campaign, place)) campaign.fired()
  await place.lives.prove(true, `power cut on ${disk.fileSystem}`, false)
  place.lives.remove()
}

/** The power fails under load, on two file systems. */
export const powerCut: Fault = {
  name: 'power-cut',
  story: 'the power of the disk fails under load; what was not synced is gone',
  times: { quick: 8, long: 240 },
  missing: noPowerCuts,
  run: (campaign) => {
    const places: Place[] = []
    return campaign.lanes(2, async (lane) => {
      const place =
        places[lane] ?? newBank(campaign, await LoopDisk.make(campaign.grounds, fileSystemOf(lane)))
      places[lane] = place
      if (inPercent(50)) places[lane] = await cutAgain(campaign, place)
      else await cutOnce(campaign, place.disk)
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
      return campaign.lanes(2, async (lane) => {
        const disk = disks[lane] ?? (await LoopDisk.make(campaign.grounds, fileSystemOf(lane)))
        disks[lane] = disk
        const place = newBank(campaign, disk)
        mkdirSync(place.lives.directory)
        if (await cutBetweenCalls(campaign, place, careless(), false)) campaign.fired()
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
