import { Failure } from '../../core/index.ts'

/** SQLite keeps text as UTF-8, in which two keys with different lone surrogates would become one. */
const loneSurrogate = /[\ud800-\udfff]/u

/** A key as it is stored. Fails with `KEY_INVALID` when it is not well-formed Unicode. */
export function keyText(key: string): string {
  if (loneSurrogate.test(key))
    throw new Failure('KEY_INVALID', { hint: `The key ${JSON.stringify(key)} has half a surrogate pair.` })
  return key
}

/** Whether a key can have been stored. */
export function isStorable(key: string): boolean {
  return !loneSurrogate.test(key)
}

/** JSON of a value; `undefined`, which JSON has not, is stored as null. */
export function stringify(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}

/** The value of a stored JSON text. Fails with `STORE_CORRUPT` when it is none. */
export function parse(text: unknown): unknown {
  try {
    return JSON.parse(text as string)
  } catch (thrown) {
    throw new Failure('STORE_CORRUPT', { hint: 'Stored JSON cannot be read.' }, thrown)
  }
}
