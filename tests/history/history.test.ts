import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { scripts } from '../system/bank-script.ts'
import { bankPorts, startBank } from '../system/start-bank.ts'
import { type ProvenStore, provenAgainstModel } from './proven-store.ts'
import { HistoryRecorder } from './recorder.ts'
import type { Recorded } from './recording.ts'

interface RecordedBank {
  readonly file: string
  /** The lines of the history, which a test may forge. */
  readonly lines: readonly Recorded[]
  /** What the model says of a service whose history has these lines. */
  against(service: string, lines?: readonly Recorded[]): Promise<ProvenStore>
}

/** A bank that has gone through a script while its history was recorded, and has stopped. */
async function recordedBank(): Promise<RecordedBank> {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-history-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'history')
  const recorder = new HistoryRecorder(file)
  const bank = await startBank(
    directory,
    {},
    bankPorts(directory, (store) => recorder.wrap(store))
  )
  await scripts.everything({ bank, say: () => undefined, heal: () => undefined })
  await bank.stop()
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Recorded)
  return {
    file,
    lines,
    against: async (service, forged = lines) => {
      writeFileSync(file, forged.map((line) => `${JSON.stringify(line)}\n`).join(''))
      const store = await sqliteStore({ service, file: join(directory, `${service}.db`) })
      try {
        return await provenAgainstModel(store, [file, 'the file of this life'])
      } finally {
        await store.close()
      }
    }
  }
}

const services = ['bank', 'transfers', 'notices']

test('I30: what a real bank has written is what the simulator makes of it, position by position', async () => {
  const recorded = await recordedBank()
  for (const service of services) {
    const { problems, commits, unsettled } = await recorded.against(service)
    expect(problems).toEqual([])
    expect(unsettled).toBeUndefined()
    expect(commits).toBeGreaterThan(5)
  }
})

test('a change that was asked for and not answered is found to have been written, or not', async () => {
  const recorded = await recordedBank()
  const last = recorded.lines.findLastIndex(({ what, service }) => what === 'done' && service === 'notices')
  const unanswered = recorded.lines.filter((_, index) => index !== last)
  expect(await recorded.against('notices', unanswered)).toMatchObject({ problems: [], unsettled: true })

  const asked = recorded.lines.find(
    (line) =>
      line.what === 'asked' &&
      line.service === 'bank' &&
      line.change.call === 'commit' &&
      line.change.batch.log.length > 0
  )
  if (!asked) throw new Error('The bank has said nothing.')
  const neverWritten = [...recorded.lines, asked]
  expect(await recorded.against('bank', neverWritten)).toMatchObject({ problems: [], unsettled: false })
})

test('a history that the model could not have produced is found out', async () => {
  const recorded = await recordedBank()
  const done = recorded.lines.findIndex(
    (line) => line.what === 'done' && line.service === 'bank' && (line.committed?.positions.length ?? 0) > 0
  )
  const swapped = recorded.lines.map((line, index) =>
    index === done && line.what === 'done' && line.committed
      ? {
          ...line,
          committed: { ...line.committed, positions: line.committed.positions.map((one) => one + 1) }
        }
      : line
  )
  expect((await recorded.against('bank', swapped)).problems.join()).toMatch(/the store gave .* the model/)

  const asked = done - 1
  const lost = recorded.lines.filter((_, index) => index !== done && index !== asked)
  expect((await recorded.against('bank', lost)).problems.length).toBeGreaterThan(0)

  const twice = [...recorded.lines, ...recorded.lines.slice(asked, done + 1)]
  expect((await recorded.against('bank', twice)).problems.join()).toMatch(
    /the model refuses: VERSION_CONFLICT/
  )
})
