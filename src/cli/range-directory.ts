import { existsSync, readFileSync, type Stats, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../core/index.ts'
import type { ArchivedRange } from '../ports/index.ts'
import { manifestFile, type RangeManifest, rowsFile } from './range-files.ts'
import { shownPath } from './shown-path.ts'

function invalid(hint: string, thrown?: unknown): never {
  throw new Failure('CONFIG_INVALID', { hint }, thrown)
}

/** What is at a path; undefined where nothing is, also because a part of it is a file. */
function found(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    return invalid(`${shownPath(path)} cannot be looked at: ${message}. Nothing was changed.`, thrown)
  }
}

/** Fails with `CONFIG_INVALID` when files cannot go to a directory, for what is there is none. */
export function checkTarget(directory: string): void {
  const there = found(directory)
  if (there === undefined || there.isDirectory()) return
  invalid(
    `${shownPath(directory)} is a file, and --to is a directory, which is made when it is missing: name another. Nothing was changed.`
  )
}

/** Makes the directory that files go to. Fails with `CONFIG_INVALID` when it cannot be made. */
export async function makeTarget(directory: string): Promise<void> {
  checkTarget(directory)
  try {
    await mkdir(directory, { recursive: true })
  } catch (thrown) {
    invalid(
      `The directory ${shownPath(directory)} cannot be made: ${(thrown as Error).message}. Name another with --to. Nothing was changed.`,
      thrown
    )
  }
}

/** What a manifest says, as far as it can be read; it may be anybody's file. */
function manifestAt(path: string): Partial<RangeManifest> | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as Partial<RangeManifest>
  } catch {
    return undefined
  }
}

/**
 * Looks whether everything that was archived of a service is in a directory, before any of it is put back. Fails with
 * `CONFIG_INVALID` when the directory or a file is missing, or when a manifest is not that of this log. The rows are not
 * read: they are compared when they are put back.
 */
export function checkSource(directory: string, service: string, ranges: readonly ArchivedRange[]): void {
  if (ranges.length === 0) return
  const from = shownPath(directory)
  const where = `Name the directory that ${service} was archived to with --restore. Nothing was changed.`
  const there = found(directory)
  if (there === undefined) invalid(`There is no directory ${from}. ${where}`)
  if (!there.isDirectory()) invalid(`${from} is a file, not a directory. ${where}`)
  const missing = ranges
    .map((range) => rowsFile(service, range))
    .filter((name) => !found(join(directory, name)))
  if (missing.length > 0) {
    const more = missing.length > 1 ? `, nor ${missing.length - 1} more of ${ranges.length}` : ''
    invalid(`${from} has no ${missing[0]}${more}. ${where}`)
  }
  for (const range of ranges) {
    const name = manifestFile(service, range)
    if (!existsSync(join(directory, name))) continue
    const manifest = manifestAt(join(directory, name))
    if (manifest === undefined)
      invalid(`${from}/${name} is no manifest of a range: it is damaged or another file. ${where}`)
    if (manifest.service === service && manifest.hash === range.hash) continue
    invalid(
      `${from}/${name} is of another log: its rows are not those that were archived of ${service} here. ${where}`
    )
  }
}
