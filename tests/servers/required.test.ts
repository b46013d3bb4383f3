import { afterEach, expect, test } from 'vitest'
import { available } from './required.ts'

const before = process.env['SKERRY_REQUIRE']

afterEach(() => {
  if (before === undefined) delete process.env['SKERRY_REQUIRE']
  else process.env['SKERRY_REQUIRE'] = before
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
})
