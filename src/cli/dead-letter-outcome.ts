import type { UnitSummary } from '../gateway/index.ts'
import type { ParkedMessage } from '../ports/index.ts'

const follows = 'what waited behind it follows.'

/**
 * What is known of a dead letter that was tried again, as the rest of a sentence. That a message is dealt with does not
 * mean that what it asked for was done: a command may be refused, at once or, when the message led to it, later.
 */
export function afterRedrive(
  state: 'done' | 'dead' | 'pending',
  { subscription, message }: Pick<ParkedMessage, 'subscription' | 'message'>,
  units: readonly UnitSummary[]
): string {
  if (state === 'dead') return 'failed again and is dead as before.'
  if (state === 'pending') return 'is being tried.'
  if (message.kind === 'command') return `is decided; ${follows} If it was refused, the log says so.`
  const isFolded = units.some(({ name, kind }) => name === subscription && kind === 'projection')
  return isFolded
    ? `is done; ${follows}`
    : `is done; ${follows} If a command that it led to is refused, the log says so.`
}
