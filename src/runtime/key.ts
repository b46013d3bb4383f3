import { Failure } from '../core/index.ts'

const keyLengthMax = 256

/** A key that can stand in an address and a log. */
export function checkKey(key: string): void {
  const bad = key.length === 0 || key.length > keyLengthMax || /[\p{Cc}\p{Cs}]/u.test(key)
  if (bad)
    throw new Failure('KEY_INVALID', {
      key: key.slice(0, 50),
      hint: `Keys have 1 to ${keyLengthMax} characters and no control characters.`
    })
}
