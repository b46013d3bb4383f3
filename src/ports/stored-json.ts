import { Failure } from '../core/index.ts'

/** JSON of a value for a store to keep, which has no NUL; `undefined`, which JSON has not, is kept as null. */
export function storedJson(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}

/** The value of a JSON text that a store kept. Fails with `STORE_CORRUPT` when it is none. */
export function valueOfStoredJson(text: unknown): unknown {
  try {
    return JSON.parse(text as string)
  } catch (thrown) {
    throw new Failure('STORE_CORRUPT', { hint: 'Stored JSON cannot be read.' }, thrown)
  }
}

/** The same data once more, as they would come back from a store: what is done to the copy stays with it. */
export function jsonCopy(data: unknown): unknown {
  return data === undefined ? undefined : valueOfStoredJson(storedJson(data))
}
