import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { tellSkipped } from '../servers/required.ts'
import { whyNoTracing } from '../system/strace.ts'
import { readCommits } from './writer-batch.ts'
import { WriterProcess } from './writer-process.ts'

const reason = whyNoTracing()
if (reason) tellSkipped('the tests of the faults of the disk under a store', `${reason}.`)

const commitsMax = 60
/** With paths in place of bare descriptors. */
const calls = 'openat,fsync,pwrite64,ftruncate'

interface Run {
  readonly lines: readonly string[]
  /** The system calls, in order. */
  readonly traced: readonly string[]
  readonly commits: number
  readonly torn: readonly string[]
  readonly problems: readonly string[]
}

/** Lets the writing program commit under a tracer that makes system calls fail, and opens what it left. */
async function runWith(inject: string): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-faults-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'harbour.db')
  const log = join(directory, 'strace.log')
  const tracer = ['strace', '-f', '-y', '-o', log, '-e', `trace=${calls}`, '-e', `inject=${inject}`]
  const writer = new WriterProcess({ file, order: 'commit first', commitsMax }, tracer)
  await writer.end()
  const store = await sqliteStore({ service: 'harbour', file })
  const run = { lines: writer.lines, ...(await readCommits(store)), problems: await store.check() }
  await store.close()
  return { ...run, traced: readFileSync(log, 'utf8').split('\n') }
}

function claimRecovered({ lines, commits, torn, problems }: Run): void {
  expect(lines[0]).toBe('open')
  expect(lines.at(-1)).toBe('closed')
  const acknowledged = lines.filter((line) => line.startsWith('ack ')).map((line) => Number(line.slice(4)))
  expect(acknowledged).toEqual(Array.from({ length: commitsMax }, (_, index) => index + 1))
  expect([commits, torn, problems]).toEqual([commitsMax, [], []])
}

function failuresIn({ lines }: Run): readonly string[] {
  return lines.filter((line) => line.startsWith('failed ')).map((line) => line.split(' ')[2] ?? '')
}

const isOfLog = (line: string): boolean => line.includes('harbour.db-wal>')

test.skipIf(reason !== undefined)(
  'I22: after a failed sync the log is cut and opened anew before anything is written or synced again',
  async () => {
    let failed = 0
    for (const when of [15, 31, 47]) {
      const run = await runWith(`fsync:error=EIO:when=${when}`)
      claimRecovered(run)
      const injected = run.traced.findIndex((line) => line.includes('(INJECTED)'))
      expect(injected).toBeGreaterThan(0)
      expect(isOfLog(run.traced[injected] ?? '')).toBe(true)
      expect(failuresIn(run)).toEqual(['STORE_UNAVAILABLE'])
      const after = run.traced.slice(injected + 1).filter((line) => line.includes('harbour.db-wal'))
      const again = after.findIndex((line) => /(fsync|pwrite64)\(/.test(line))
      const before = after.slice(0, again).join('\n')
      expect(before).toMatch(/ftruncate\([^)]*harbour\.db-wal>/)
      expect(before).toMatch(/openat\(.*harbour\.db-wal.*O_CREAT/)
      failed += 1
    }
    expect(failed).toBe(3)
  },
  120_000
)

test.skipIf(reason !== undefined).each([
  ['writes fail', 'pwrite64:error=EIO:when=150..153', 'STORE_UNAVAILABLE'],
  ['there is no room', 'pwrite64:error=ENOSPC:when=150..163', 'STORE_FULL']
])(
  'I22: while %s commits fail by name and leave nothing, and go on afterwards',
  async (_, inject, code) => {
    const run = await runWith(inject)
    claimRecovered(run)
    expect(run.traced.filter((line) => line.includes('(INJECTED)')).length).toBeGreaterThan(0)
    expect(failuresIn(run).length).toBeGreaterThan(0)
    expect(new Set(failuresIn(run))).toEqual(new Set([code]))
  },
  120_000
)
