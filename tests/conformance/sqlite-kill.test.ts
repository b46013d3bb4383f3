import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { readCommits, type WriterOptions } from './writer-batch.ts'
import { WriterProcess } from './writer-process.ts'

const kills = 8

function newFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-kill-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'harbour.db')
}

interface Found {
  readonly acknowledged: number
  readonly commits: number
  readonly torn: readonly string[]
  readonly problems: readonly string[]
}

/** Kills the writer when it has acknowledged so many commits more, and opens what it left. */
async function killAfter(options: WriterOptions, more: number): Promise<Found> {
  const writer = new WriterProcess(options)
  await writer.until(() => writer.lines.length > more)
  await writer.kill()
  expect(writer.lines[0]).toBe('open')
  const store = await sqliteStore({ service: 'harbour', file: options.file })
  const found = {
    acknowledged: writer.acknowledged,
    ...(await readCommits(store)),
    problems: await store.check()
  }
  await store.close()
  return found
}

test('I2 I8: killed in the middle of commits, nothing acknowledged is missing and no batch is torn', async () => {
  const file = newFile()
  let before = 0
  for (let kill = 0; kill < kills; kill++) {
    const found = await killAfter({ file, order: 'commit first' }, 7 + kill * 29)
    expect(found.torn).toEqual([])
    expect(found.problems).toEqual([])
    expect(found.acknowledged).toBeGreaterThan(before)
    expect(found.commits - found.acknowledged).toBeOneOf([0, 1])
    before = found.acknowledged
  }
  expect(before).toBeGreaterThan(kills * 50)
}, 120_000)

test('the test would see it when a commit were acknowledged before it is made', async () => {
  const file = newFile()
  const lost: number[] = []
  for (let kill = 0; kill < 40 && lost.length === 0; kill++) {
    const found = await killAfter({ file, order: 'acknowledge first' }, 3 + kill)
    if (found.acknowledged > found.commits) lost.push(found.acknowledged)
  }
  expect(lost.length).toBe(1)
}, 120_000)
