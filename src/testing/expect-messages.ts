import type { OutgoingMessage } from '../core/index.ts'
import { comparable, titleOf } from './check-message.ts'
import { difference, inShort } from './difference.ts'
import { failScenario } from './scenario-failure.ts'

function titles(messages: readonly OutgoingMessage[]): string {
  return messages.length === 0 ? 'nothing' : messages.map(titleOf).join(', ')
}

/** Fails the scenario unless exactly these messages were said, in this order. */
export function expectMessages(
  who: string,
  expected: readonly OutgoingMessage[],
  said: readonly OutgoingMessage[]
): void {
  if (titles(expected) !== titles(said)) {
    const unexpected = said.filter((message) => !expected.some((one) => titleOf(one) === titleOf(message)))
    failScenario(`${who} said something else.`, [
      `expected ${titles(expected)}`,
      `got      ${titles(said)}`,
      ...unexpected.slice(0, 4).map((message) => `${titleOf(message)}: ${inShort(message.data)}`)
    ])
  }
  for (const [index, message] of said.entries()) {
    const wanted = expected[index] as OutgoingMessage
    const lines = difference(comparable(wanted), comparable(message))
    if (lines.length > 0) failScenario(`${who} said another ${titleOf(message)}.`, lines)
  }
}
