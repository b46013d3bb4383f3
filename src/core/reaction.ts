import type { OutgoingMessage } from './message.ts'

/** What an actor says in answer to a message: nothing, one message or several. */
export type Reaction = OutgoingMessage | readonly OutgoingMessage[] | undefined

/** The messages of a reaction, in their order. */
export function messagesOf(reaction: Reaction): readonly OutgoingMessage[] {
  if (reaction === undefined) return []
  return 'kind' in reaction ? [reaction] : reaction
}
