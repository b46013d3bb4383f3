import type { ServiceDefinition } from './service.ts'
import type { StateMachineDefinition } from './state-machine.ts'

/** The commands that a machine takes from everybody, in the order of their declaration; internal ones are left out. */
export function publicCommands({ commands }: StateMachineDefinition): readonly string[] {
  return [...commands.values()].filter(({ command }) => !command.internal).map(({ command }) => command.type)
}

/** Whether the service takes a command of that name from outside: from people and programs, by HTTP or in process. */
export function isPublic({ machineOf }: ServiceDefinition, command: string): boolean {
  return machineOf.get(command)?.commands.get(command)?.command.internal === false
}
