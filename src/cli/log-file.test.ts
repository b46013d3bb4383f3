import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { logFile } from './log-file.ts'

function fileIn(): string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-log-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'skerry.log')
}

test('a line is in the file when the call returns, behind those of the run before', () => {
  const file = fileIn()
  logFile(file).write('first\n')
  expect(readFileSync(file, 'utf8')).toBe('first\n')
  logFile(file).write('second\n')
  expect(readFileSync(file, 'utf8')).toBe('first\nsecond\n')
})

test('the log is bounded: one old file beside the one that is written', () => {
  const file = fileIn()
  const log = logFile(file)
  const line = `${'x'.repeat(2 ** 20 - 1)}\n`
  for (let count = 0; count < 16; count++) log.write(line)
  expect(existsSync(`${file}.old`)).toBe(true)
  log.write('after\n')
  expect(readFileSync(file, 'utf8')).toBe('after\n')
  for (let count = 0; count < 16; count++) log.write(line)
  expect(statSync(`${file}.old`).size + statSync(file).size).toBeLessThanOrEqual(
    2 * 16 * 2 ** 20 + line.length
  )
  expect(readFileSync(`${file}.old`, 'utf8').startsWith('after\n')).toBe(true)
})
