import { checkKey, type OutgoingMessage } from '../core/index.ts'

/** Messages that can be said, all of them: checked before the first of them is, so that none is said in vain. */
export function checkAddresses(messages: readonly OutgoingMessage[]): void {
  for (const message of messages) if (message.kind === 'command') checkKey(message.key)
}
