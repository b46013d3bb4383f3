import { createHash, randomUUID } from 'node:crypto'
import { Failure } from '../core/index.ts'
import type { StoreMark, StoreSource, StoreTable, StoreTarget } from '../ports/index.ts'
import { CopiedLog, CopyDiffers } from './copied-log.ts'
import { copyRecords } from './copied-records.ts'
import { placeIn } from './service-place.ts'

/** What is moved, and what the two places are called. */
export interface MoveNeeds {
  readonly source: StoreSource
  readonly target: StoreTarget
  readonly from: string
  readonly to: string
}

/** How a move comes along; told as it happens. */
export type MoveNews =
  | { readonly kind: 'copying'; readonly rows: number }
  /** The log is copied as far as it was then; the service may run. */
  | { readonly kind: 'caught-up'; readonly rows: number; readonly ms: number }
  /** The service has its place open and must be stopped; told once. */
  | { readonly kind: 'waiting'; readonly why: string }
  /** Nobody writes any more. */
  | { readonly kind: 'held' }
  /** What was at the target was something else, and is copied anew. */
  | { readonly kind: 'differed'; readonly why: string }

/** What a move did. */
export interface MoveReport {
  /** Whether it only had to be ended, or was ended before. */
  readonly outcome: 'moved' | 'ended' | 'there'
  readonly rows: number
  readonly records: ReadonlyMap<StoreTable, number>
  /** Of the log and all records; computed on both sides. */
  readonly hash: string
  /** How long no commands could be taken: from when the service was last seen to run, or from the beginning. */
  readonly awayMs: number
}

const lookMs = 50

const nothingDone = { rows: 0, records: new Map<StoreTable, number>(), hash: '', awayMs: 0 }

/** Whether the move was all but ended, or ended, by one that was interrupted. Fails where there is nothing to move. */
function endedBefore(
  needs: MoveNeeds,
  source: StoreMark,
  target: StoreMark
): 'no' | { readonly move: string } | 'yes' {
  const { service } = needs.source
  if (source.kind === 'store') return 'no'
  if (source.kind === 'nothing')
    throw new Failure('CONFIG_INVALID', {
      hint: `${service} has no data at ${needs.from}: there is nothing to move.`
    })
  if (source.kind === 'arriving')
    throw new Failure('STORE_MOVED', {
      hint: `The data of ${service} are on their way to ${needs.from} from ${source.from}: end that move first.`
    })
  if (target.kind === 'arriving' && target.move === source.move) return { move: source.move }
  if (target.kind === 'store' && placeIn(source.to) === placeIn(needs.to)) return 'yes'
  throw new Failure('STORE_MOVED', {
    hint: `The data of ${service} are no longer at ${needs.from}: they were moved to ${source.to}.`
  })
}

/** Follows the log until there is little left, and goes on until nobody else has the source open. */
async function holdSource(
  { source }: MoveNeeds,
  log: CopiedLog,
  tell: (news: MoveNews) => void
): Promise<number> {
  for (let isTold = false; ; ) {
    const lookedMs = performance.now()
    try {
      await source.hold()
      return isTold ? lookedMs : performance.now()
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'STORE_LOCKED') throw thrown
      if (!isTold) tell({ kind: 'waiting', why: thrown.message })
      isTold = true
    }
    await log.follow()
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
}

async function checkSource({ source }: MoveNeeds): Promise<void> {
  const problems = await source.check()
  if (problems.length === 0) return
  const hint = `${problems[0]}${problems.length > 1 ? ` And ${problems.length - 1} more.` : ''} Nothing was moved; skerry doctor says what to do.`
  throw new Failure('STORE_CORRUPT', { hint, problems })
}

/** Only whole logs are moved: one whose beginning is archived is refused before anything is made at the target. */
async function checkWhole({ source }: MoveNeeds): Promise<void> {
  try {
    for (const partition of (await source.heads()).keys()) await source.read(partition, 0, 1)
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'LOG_ARCHIVED') throw thrown
    const { service } = source
    const hint = `Old ranges of the log of ${service} are archived, and a log is moved whole. Put them back first: skerry archive ${service} --restore DIR --yes. Nothing was moved.`
    throw new Failure('LOG_ARCHIVED', { hint }, thrown)
  }
}

async function copied(needs: MoveNeeds, move: string, tell: (news: MoveNews) => void): Promise<MoveReport> {
  const { source, target, to } = needs
  const log = new CopiedLog(source, target)
  const begunMs = performance.now()
  while ((await log.follow((rows) => tell({ kind: 'copying', rows }))) > 0);
  tell({ kind: 'caught-up', rows: log.rows, ms: performance.now() - begunMs })
  const heldMs = await holdSource(needs, log, tell)
  tell({ kind: 'held' })
  if ((await source.mark()).kind !== 'store')
    throw new Failure('STORE_MOVED', { hint: `Another move took ${source.service} away meanwhile.` })
  await log.follow()
  const records = await copyRecords(source, target)
  const logs = log.hashes()
  if (logs.source !== logs.target || records.source.hash !== records.target.hash)
    throw new CopyDiffers('The hashes of what was read and of what was written differ.')
  // The source goes first: between the two, neither is a store, and the same command again ends it.
  await source.leave(move, to)
  await target.finish()
  const awayMs = performance.now() - heldMs
  const hash = createHash('sha256').update(`${logs.source}\n${records.source.hash}`).digest('hex')
  return { outcome: 'moved', rows: log.rows, records: records.source.counts, hash, awayMs }
}

/**
 * Moves the data of a service. The log is copied while the service runs; then it must stand still, and `tell` says so.
 * At every moment at most one of the two places is a store, and what was interrupted is ended by doing it again.
 */
export async function moveStore(
  needs: MoveNeeds,
  tell: (news: MoveNews) => void = () => undefined
): Promise<MoveReport> {
  const { source, target, from } = needs
  const before = endedBefore(needs, await source.mark(), await target.mark())
  if (before === 'yes') return { outcome: 'there', ...nothingDone }
  if (before === 'no') {
    await checkWhole(needs)
    await checkSource(needs)
  }
  const move = before === 'no' ? randomUUID() : before.move
  await target.begin(move, from, (await source.heads()).length)
  if (before !== 'no') {
    await target.finish()
    return { outcome: 'ended', ...nothingDone }
  }
  try {
    return await copied(needs, move, tell)
  } catch (thrown) {
    if (!(thrown instanceof CopyDiffers)) throw thrown
    tell({ kind: 'differed', why: thrown.message })
    await target.clear('everything')
    return await copied(needs, move, tell)
  }
}
