import { fail } from './failure.ts'
import { checkKey } from './key.ts'
import type { OutgoingMessage } from './message.ts'
import type { ServiceDefinition } from './service.ts'

const listed = (names: readonly string[]): string => names.join(' or ')

/**
 * Refuses what a process manager or an actor must not say: an event of another service, which nobody would hear as
 * such, and an event that a state machine of the service evolves, which would stand in the log while no state changes
 * (`DEFINITION_INVALID`), and a command whose key is none (`KEY_INVALID`). For all the messages or for none, so that none
 * is said in vain.
 */
export function checkSaid(
  service: ServiceDefinition,
  unit: string,
  messages: readonly OutgoingMessage[]
): void {
  for (const message of messages) {
    if (message.kind === 'command') {
      checkKey(message.key)
      continue
    }
    const said = `${service.name}/${unit} said ${message.type}`
    if (message.service !== service.name)
      fail('DEFINITION_INVALID', {
        hint: `${said}, which belongs to ${message.service}; a part says only its own service's events. Send ${message.service} a command.`
      })
    for (const machine of service.units.values()) {
      if (machine.kind !== 'state-machine' || !machine.events.has(message.type)) continue
      const giving = [...machine.commands.values()].filter(({ emits }) => emits.includes(message.type))
      const command = listed(giving.map((rule) => rule.command.type)) || 'a command that gives it'
      fail('DEFINITION_INVALID', {
        hint: `${said}, which the machine '${machine.name}' owns: its state would not change. Send it ${command} instead.`
      })
    }
  }
}
