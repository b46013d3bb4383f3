import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { BankShape, ScriptName } from '../../system/bank-orders.ts'
import { type CrashPoint, chosenOf, pointsOf, runTraced } from '../../system/crash-points.ts'
import { addTo, emptyLedger, type Ledger } from '../../system/ledger.ts'
import type { Campaign } from '../campaign.ts'
import type { Fault } from '../fault.ts'
import { noTracing } from '../machine.ts'
import { Lives } from '../proving.ts'

/** A way through the platform that is cut off at every place at which it writes. */
interface Path {
  readonly script: ScriptName
  readonly shape: BankShape
  /** Whether a run that came to its end went where it should: a path that is not walked shows nothing. */
  readonly isWalked: (lives: Lives) => boolean
  /** The script, and the shape of the bank, that was gone through before on the same files. */
  readonly before?: { readonly script: ScriptName; readonly shape: BankShape }
}

const paths: readonly Path[] = [
  {
    script: 'everything',
    shape: {},
    isWalked: ({ proof: { transfers } }) => transfers?.settled === 2 && transfers.failed === 2
  },
  // Tried in vain, edited, redriven, discarded, and those behind which others have waited.
  { script: 'letters', shape: {}, isWalked: ({ ledger }) => ledger.deeds.length >= 7 },
  // Nothing but their timers can let these transfers fail.
  {
    script: 'timers',
    shape: { stepMs: 1 },
    isWalked: ({ proof: { transfers } }) => (transfers?.failed ?? 0) > 0
  },
  // The new revision of a projection is rebuilt at the start, beside the one that serves.
  {
    script: 'rebuilds',
    shape: { statementRevision: 2 },
    isWalked: ({ proof: { rows = 0 }, ledger }) => rows > ledger.acks.length,
    before: { script: 'everything', shape: { statementRevision: 1 } }
  }
]

/** A path that has been gone through once, whole: its points, and the files that it begins with. */
interface WalkedPath extends Path {
  readonly points: readonly CrashPoint[]
  readonly files: string | undefined
  readonly ledger: Ledger
}

async function walk(campaign: Campaign, path: Path): Promise<WalkedPath> {
  const { grounds } = campaign
  const ledger = emptyLedger()
  const { before, script, shape } = path
  let files: string | undefined
  if (before) {
    files = grounds.directory('before')
    const bank = grounds.bank()
    await bank.begin(files, 'before', 'script', before)
    bank.go()
    await bank.ended
    addTo(ledger, bank.ledger)
  }
  const lives = livesOn(campaign, path, files, ledger)
  const bank = grounds.bank()
  const { end, calls } = await runTraced(bank, undefined, join(lives.directory, 'strace.log'), () =>
    bank.begin(lives.directory, 'whole', 'script', { script, shape })
  )
  lives.add(bank)
  if (end.code !== 0) campaign.violated(`${script} has not come to its end: ${JSON.stringify(end)}`)
  await lives.prove(true, `${script}, whole`, false)
  if (!path.isWalked(lives))
    campaign.violated(`${script} was not gone through: ${JSON.stringify(lives.proof)}`)
  lives.remove()
  return { ...path, points: pointsOf(calls, bank.pid), files, ledger }
}

/** A bank that goes on with a copy of the files, or with none. */
function livesOn(campaign: Campaign, { shape }: Path, files: string | undefined, ledger: Ledger): Lives {
  const directory = campaign.grounds.directory()
  if (files !== undefined) cpSync(files, directory, { recursive: true })
  const lives = new Lives(campaign, directory, shape)
  addTo(lives.ledger, ledger)
  return lives
}

async function dieAt(campaign: Campaign, path: WalkedPath, point: CrashPoint): Promise<void> {
  const { script, shape } = path
  const lives = livesOn(campaign, path, path.files, path.ledger)
  const bank = campaign.grounds.bank()
  const { end } = await runTraced(bank, point, join(lives.directory, 'strace.log'), () =>
    bank.begin(lives.directory, 'cut', 'script', { script, shape })
  )
  lives.add(bank)
  if (end.signal === 'SIGKILL') campaign.fired()
  await lives.prove(true, `${script}, killed before ${point.call} ${point.when}`, false)
  lives.remove()
}

/** Points of all paths in turn, the share of each by the number of its points; as many as are wanted, over and over. */
function* plan(walked: readonly WalkedPath[], wanted: number): Generator<readonly [WalkedPath, CrashPoint]> {
  for (;;) {
    const all = walked.reduce((sum, { points }) => sum + points.length, 0)
    const lists = walked.map((path) => {
      const share = Math.ceil((Math.min(wanted, all) * path.points.length) / all)
      return chosenOf(path.points, share).map((point) => [path, point] as const)
    })
    for (let at = 0; lists.some((list) => at < list.length); at++)
      for (const list of lists) {
        const next = list[at]
        if (next) yield next
      }
  }
}

/** A process is gone at a place where it writes, one place after the other. */
export const crashPoints: Fault = {
  name: 'crash-points',
  story: 'kill -9 at each write of commits, checkpoints, timers, dead letters, rebuilds, starts and stops',
  times: { quick: 16, long: 2_700 },
  missing: noTracing,
  run: async (campaign) => {
    const walked = await Promise.all(paths.map((path) => walk(campaign, path)))
    const points = plan(walked, campaign.times)
    await campaign.lanes(2, async () => {
      const next = points.next()
      if (!next.done) await dieAt(campaign, ...next.value)
    })
  }
}
