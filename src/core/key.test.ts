import { expect, test } from 'vitest'
import { checkKey, Failure } from './index.ts'

const codeOf = (key: string): string => {
  try {
    checkKey(key)
    return 'taken'
  } catch (thrown) {
    return thrown instanceof Failure ? thrown.code : String(thrown)
  }
}

test.each(['a', 'a b', 'a/b', '...', '.a', 'é', '😀', '\u200b', 'x'.repeat(256)])(
  'the key %j is taken',
  (key) => {
    expect(codeOf(key)).toBe('taken')
  }
)

test.each([
  ['without characters', ''],
  ['beyond its length', 'x'.repeat(257)],
  ['with a control character', 'a\u0000b'],
  ['with a line end', 'a\n'],
  ['with a control character above ASCII', 'a\u0085'],
  ['with half a surrogate pair', 'a\ud800'],
  ['that leads nowhere in an address', '.'],
  ['that leads up in an address', '..']
])('a key %s is refused', (_, key) => {
  expect(codeOf(key)).toBe('KEY_INVALID')
})
