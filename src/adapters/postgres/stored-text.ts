import { storableKey } from '../../ports/index.ts'

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
  return storedText(storableKey(key))
}
