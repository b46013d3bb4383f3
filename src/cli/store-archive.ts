import { Failure } from '../core/index.ts'
import type { ArchivedRange, LogNeeds, LogRange, LogRow, Retention, Store } from '../ports/index.ts'
import { makeTarget } from './range-directory.ts'
import { readRows, rowsFile, writeManifest, writeRows } from './range-files.ts'

const rowsAtOnce = 1_000

/** Which ranges can leave now, and what keeps the one behind them. */
export interface ArchivePlan {
  readonly leaving: readonly LogRange[]
  readonly kept:
    | { readonly first: number; readonly last: number; readonly reasons: readonly string[] }
    | undefined
}

/** Looks how many of the oldest ranges can be archived; those that end at `beforeMs` or later are not looked at. */
export async function archivePlan(
  retention: Retention,
  needs: LogNeeds,
  beforeMs: number = Number.POSITIVE_INFINITY
): Promise<ArchivePlan> {
  const leaving: LogRange[] = []
  const ranges = await retention.ranges()
  const held = await retention.held(ranges.length, needs)
  for (const range of ranges) {
    const { first, last } = range
    const isRecent = range.closed && (range.lastMs ?? Number.POSITIVE_INFINITY) >= beforeMs
    if (isRecent)
      return { leaving, kept: { first, last, reasons: ['It is not older than it was asked for.'] } }
    const kept = held.find((one) => one.first === first)
    if (kept) return { leaving, kept }
    leaving.push(range)
  }
  return { leaving, kept: undefined }
}

/** The rows of a range of a log, by partition and position. */
async function* rangeRows(store: Store, { first, last }: LogRange): AsyncIterable<LogRow> {
  for (let partition = 0; partition < store.partitions; partition++)
    for (let after = first - 1; after < last; ) {
      const page = await store.read(partition, after, Math.min(rowsAtOnce, last - after))
      if (page.length === 0)
        throw new Failure('STORE_CORRUPT', {
          hint: `Row ${store.service}:${partition}:${after + 1} is missing. See skerry doctor.`
        })
      yield* page
      after += page.length
    }
}

/** What is done with a range, one step after the other. */
export type ArchiveStep = 'writing' | 'written' | 'noted' | 'archived'

/** What an archiving needs. */
export interface ArchiveNeeds {
  readonly store: Store
  readonly retention: Retention
  readonly directory: string
  readonly logNeeds: LogNeeds
  readonly by: string
  readonly tell?: (step: ArchiveStep, range: LogRange) => void
}

/**
 * Archives the oldest range: its rows are on the disk and were read back before they leave the log. Killed at any
 * moment, it has lost nothing, and is done by doing it again.
 */
export async function archiveRange(needs: ArchiveNeeds, range: LogRange): Promise<ArchivedRange> {
  const { store, retention, directory, logNeeds, by, tell = () => undefined } = needs
  const { service, partitions } = store
  await makeTarget(directory)
  tell('writing', range)
  const span = { first: range.first, last: range.last }
  const copy = await writeRows(directory, service, span, rangeRows(store, range))
  tell('written', range)
  await writeManifest(directory, { format: 1, service, partitions, ...copy, file: rowsFile(service, span) })
  tell('noted', range)
  await retention.archive(copy, logNeeds, by)
  tell('archived', range)
  return { ...copy, archivedMs: Date.now(), by }
}

/** Puts back a range, the newest of those that were archived, from its file. */
export async function restoreRange(
  { store, retention, directory, by }: Omit<ArchiveNeeds, 'logNeeds' | 'tell'>,
  range: ArchivedRange
): Promise<void> {
  await retention.restore(range.first, () => readRows(directory, store.service, range), by)
}
