import { Failure } from '../core/index.ts'

/** Where a page of a query ended: the field that it is ordered by, as plain JSON, and the key of its last row. */
export interface CursorPlace {
  readonly value: unknown
  readonly key: string
}

/** The text of a cursor behind that place. A value that JSON has not is kept as null. */
export function cursorText({ value, key }: CursorPlace): string {
  return JSON.stringify([value, key])
}

function noCursor(cursor: string, cause?: unknown): Failure {
  const hint = 'The cursor is not the `next` of a page of this query.'
  return new Failure('QUERY_INVALID', { hint, cursor }, cause)
}

/**
 * The place that a cursor stands for; `textOf` gives back the text that it was made of. Fails with `QUERY_INVALID` when
 * it was made of no such text.
 */
export function placeOfCursor(cursor: string, textOf: (cursor: string) => string): CursorPlace {
  let read: unknown
  try {
    read = JSON.parse(textOf(cursor))
  } catch (thrown) {
    throw noCursor(cursor, thrown)
  }
  if (Array.isArray(read) && read.length === 2 && typeof read[1] === 'string')
    return { value: read[0], key: read[1] }
  throw noCursor(cursor)
}
