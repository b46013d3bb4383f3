import { afterEach, expect, test } from 'vitest'
import { available } from './required.ts'

const before = process.env['SKERRY_REQUIRE']

afterEach(() => {
  if (before === undefined) delete process.env['SKERRY_REQUIRE']
  else process.env['SKERRY_REQUIRE'] = before
})

test('a server that is there is used, whether it is required or not', () => {
  expect(available('kafka', undefined)).toBe(true)
  process.env['SKERRY_REQUIRE'] = 'kafka'
  expect(available('kafka', undefined)).toBe(true)
})

test('a server that is missing is skipped, unless it is required', () => {
  process.env['SKERRY_REQUIRE'] = 'postgres, nats'
  expect(available('kafka', 'There is no Java.')).toBe(false)
  expect(() => available('nats', 'Install nats-server.')).toThrow('Install nats-server.')
  expect(() => available('postgres', 'Install postgresql.')).toThrow('SKERRY_REQUIRE asks for postgres')
})
