import { expect, test } from 'vitest'
import { patternText } from './pattern-text.ts'
import { randomStream } from './random.ts'

const patterns = [
  '^[A-Z]{2}-\\d{3,5}$',
  '^(?:order|return)-[0-9a-f]{8}$',
  '^\\+[1-9]\\d{6,14}$',
  '^[^A-Z]+$',
  '^[a-z][a-z0-9-]{0,62}$',
  '^a--?\\d+$',
  '^.{3,5}x?$',
  '^\\w+@[\\w-]+\\.(com|org)$',
  '^\\p{Lu}\\p{L}*$',
  '^\\x41\\u0042[\\d\\-_.]+?\\s$',
  '^(?<year>\\d{4})-(0[1-9]|1[0-2])$',
  'zz'
]

test.each(patterns)('texts drawn for %s match it, and are not all the same', (pattern) => {
  const fits = new RegExp(pattern, 'u')
  const texts = Array.from({ length: 200 }, (_, seed) => patternText(pattern, randomStream(seed, 'text')))
  expect(texts.filter((text) => text === undefined || !fits.test(text))).toEqual([])
  if (pattern !== 'zz') expect(new Set(texts).size).toBeGreaterThan(5)
})

test('one seed gives one text', () => {
  const texts = [1, 1, 2].map((seed) => patternText('^[a-z]{20}$', randomStream(seed, 'text')))
  expect(texts[0]).toBe(texts[1])
  expect(texts[0]).not.toBe(texts[2])
})

test.each(['^(a|b)\\1$', '^(a', '[z-a]'])('nothing is drawn for %s', (pattern) => {
  expect(patternText(pattern, randomStream(1, 'text'))).toBeUndefined()
})
