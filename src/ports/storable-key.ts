import { Failure } from '../core/index.ts'

/** UTF-8, in which stores keep text, would make one of two keys with different lone surrogates. */
const loneSurrogate = /[\ud800-\udfff]/u

/** Whether a store can have the key: it is well-formed Unicode. */
export function isStorableKey(key: string): boolean {
  return !loneSurrogate.test(key)
}

/** The key, for a store to write. Fails with `KEY_INVALID` when it is not well-formed Unicode. */
export function storableKey(key: string): string {
  if (isStorableKey(key)) return key
  throw new Failure('KEY_INVALID', { hint: `The key ${JSON.stringify(key)} has half a surrogate pair.` })
}
