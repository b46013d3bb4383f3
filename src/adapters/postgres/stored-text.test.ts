import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainText, storedText } from './stored-text.ts'

const text = fc.string({
  unit: fc.constantFrom('\u0000', '\u0001', '\u0002', 'a', '\u{1f6a2}'),
  maxLength: 6
})

test('stored text has no NUL, comes back as it was, and is in the same order', () => {
  let nul = 0
  fc.assert(
    fc.property(text, text, (left, right) => {
      if (left.includes('\u0000')) nul += 1
      const stored = [storedText(left), storedText(right)] as const
      expect(stored.join('')).not.toContain('\u0000')
      expect(stored.map(plainText)).toEqual([left, right])
      expect(Buffer.compare(Buffer.from(stored[0]), Buffer.from(stored[1]))).toBe(
        Buffer.compare(Buffer.from(left), Buffer.from(right))
      )
    }),
    { numRuns: 3_000 }
  )
  expect(nul).toBeGreaterThan(100)
})

test('text without NUL is stored as it is', () => {
  for (const each of ['', 'a', "it's", 'tab\tand\nline', '\u{1f6a2}']) expect(storedText(each)).toBe(each)
})
