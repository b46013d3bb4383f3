import { Failure } from '../../core/index.ts'

const loneSurrogate = /[\ud800-\udfff]/u

/**
 * PostgreSQL has no text with a NUL. It is stored as 1 1, and 1 as 1 2: so the order stays that of the code points,
 * and every other text is stored as it is.
 */
const nul = '\u0000'
const mark = '\u0001'
const nulStored = '\u0001\u0001'
const markStored = '\u0001\u0002'

/** Any text as it is stored. */
export function storedText(text: string): string {
  if (!text.includes(nul) && !text.includes(mark)) return text
  return text.replaceAll(mark, markStored).replaceAll(nul, nulStored)
}

/** A stored text as it was. */
export function plainText(stored: unknown): string {
  const text = String(stored)
  return text.includes(mark) ? text.replaceAll(nulStored, nul).replaceAll(markStored, mark) : text
}

/** A key as it is stored. Fails with `KEY_INVALID` when it is not well-formed Unicode. */
export function keyText(key: string): string {
  if (loneSurrogate.test(key))
    throw new Failure('KEY_INVALID', { hint: `The key ${JSON.stringify(key)} has half a surrogate pair.` })
  return storedText(key)
}

/** Whether a key can have been stored. */
export function isStorable(key: string): boolean {
  return !loneSurrogate.test(key)
}

/** JSON of a value, which has no NUL; `undefined`, which JSON has not, is stored as null. */
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
