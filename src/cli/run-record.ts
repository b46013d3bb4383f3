import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a run leaves in its data directory, so that other commands find it. */
export interface RunRecord {
  readonly system: string
  readonly url: string
  readonly pid: number
  readonly version: string
  /** When it began to listen, in RFC 3339. */
  readonly started: string
}

function fileOf(directory: string): string {
  return join(directory, 'skerry.json')
}

/** Replaces the record of the last run. */
export function writeRunRecord(directory: string, record: RunRecord): void {
  const file = fileOf(directory)
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`)
  renameSync(`${file}.new`, file)
}

/** Takes the record away: nothing runs any more. */
export function removeRunRecord(directory: string): void {
  rmSync(fileOf(directory), { force: true })
}

/** The record of the run, or of one that was killed; `undefined` when there is none that can be read. */
export function readRunRecord(directory: string): RunRecord | undefined {
  try {
    const record: Partial<RunRecord> = JSON.parse(readFileSync(fileOf(directory), 'utf8'))
    return typeof record.url === 'string' && typeof record.pid === 'number'
      ? (record as RunRecord)
      : undefined
  } catch {
    return undefined
  }
}
