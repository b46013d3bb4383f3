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

/** The JSON of a message's data. Fails with `MESSAGE_TOO_LARGE` when it has more than `bytesMax` bytes. */
function jsonText(
  data: unknown,
  bytesMax: number,
  message: { readonly type: string; readonly key: string }
): string {
  const text = stringify(data)
  if (text.length * 3 > bytesMax) {
    const bytes = Buffer.byteLength(text)
    if (bytes > bytesMax) {
      const hint = `The data of ${message.type} for ${message.key} has ${bytes} bytes; ${bytesMax} are the limit. Store large things elsewhere and send their address.`
      throw new Failure('MESSAGE_TOO_LARGE', { hint, type: message.type, key: message.key, bytes, bytesMax })
    }
  }
  return text
}

/** The value of a stored JSON text. */
export function parse(text: unknown): unknown {
  return JSON.parse(text as string)
}
