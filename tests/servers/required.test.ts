import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { available } from './required.ts'

const names = ['SKERRY_REQUIRE', 'SKERRY_SKIPS'] as const
const before = names.map((name) => process.env[name])
let directory = ''
let skips = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'skerry-required-'))
  skips = join(directory, 'skips.txt')
  // What is tried here is no skip of the run that this is a part of.
  process.env['SKERRY_SKIPS'] = skips
})

afterEach(() => {
  rmSync(directory, { recursive: true })
  for (const [index, name] of names.entries()) {
    const value = before[index]
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
})

test('a server that is missing skips its tests, unless it is required: then it fails them', () => {
  delete process.env['SKERRY_REQUIRE']
  expect(available('kafka', undefined)).toBe(true)
  expect(available('kafka', 'There is none.')).toBe(false)
  process.env['SKERRY_REQUIRE'] = 'nats,postgres'
  expect(available('kafka', 'There is none.')).toBe(false)
  process.env['SKERRY_REQUIRE'] = 'nats, kafka'
  expect(() => available('kafka', 'There is none.')).toThrow('There is none.')
  expect(available('kafka', undefined)).toBe(true)
  expect(readFileSync(skips, 'utf8')).toBe('SKIPPED: the tests with kafka. There is none.\n')
})
