import { fail } from './failure.ts'

const keyLengthMax = 256

// Clients and proxies resolve these as parts of an address before anybody sees them: they would reach another one.
const waysUp: readonly string[] = ['.', '..']

/**
 * Refuses a key that could not be shown, stored or asked for again. A key has 1 to 256 UTF-16 units, is well-formed
 * Unicode without control characters, and is not `.` or `..`. Fails with `KEY_INVALID`.
 */
export function checkKey(key: string): void {
  const bad =
    key.length === 0 || key.length > keyLengthMax || /[\p{Cc}\p{Cs}]/u.test(key) || waysUp.includes(key)
  if (bad)
    fail('KEY_INVALID', {
      key: key.slice(0, 50),
      hint: `Keys have 1 to ${keyLengthMax} characters, no control characters, and are not . or ..`
    })
}
