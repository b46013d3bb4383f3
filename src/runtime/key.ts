import { Failure, type OutgoingMessage } from '../core/index.ts'

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

/** Messages that can be said, all of them: checked before the first of them is, so that none is said in vain. */
export function checkAddresses(messages: readonly OutgoingMessage[]): void {
  for (const message of messages) if (message.kind === 'command') checkKey(message.key)
}
