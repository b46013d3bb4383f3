import { Failure, isPublic, type SystemDefinition, validateStrictly } from '../core/index.ts'
import { randomStream, type SimulatedCommand, type Simulation } from '../simulator/index.ts'
import { reasonOf } from './load-config.ts'
import { nearestName } from './nearest-name.ts'

/** Seeds whose commands are looked at. */
const looked = 20

function meant(typed: string, names: Iterable<string>): string {
  const near = nearestName(typed, names)
  return near === undefined ? '' : ` Did you mean '${near}'?`
}

/** Why nobody can take a command of this name; undefined when somebody can. */
function unknownName(system: SystemDefinition, { service, type }: SimulatedCommand): string | undefined {
  const definition = system.services.get(service)
  if (!definition) return `there is no service '${service}'.${meant(service, system.services.keys())}`
  if (isPublic(definition, type)) return undefined
  return definition.machineOf.has(type)
    ? `${type} is internal to ${service}: only its own parts send it.`
    : `${service} has no command '${type}'.${meant(type, definition.machineOf.keys())}`
}

/** What is wrong with the data of a command; undefined when the schema takes it. */
function wrongData(system: SystemDefinition, { service, type, data }: SimulatedCommand): string | undefined {
  const command = system.services.get(service)?.machineOf.get(type)?.commands.get(type)?.command
  const checked = command && validateStrictly(command.schema, data)
  if (!checked || checked.ok) return undefined
  return checked.problems.map(({ pointer, problem }) => `${pointer}: ${problem}`).join('; ')
}

function drawn(file: string, workload: NonNullable<Simulation['workload']>): readonly SimulatedCommand[] {
  try {
    return Array.from({ length: looked }, (_, index) => workload(randomStream(index + 1, 'workload'))).flat()
  } catch (thrown) {
    throw new Failure(
      'CONFIG_INVALID',
      { hint: `The workload of ${file} failed: ${reasonOf(thrown)}` },
      thrown
    )
  }
}

/**
 * Fails with `CONFIG_INVALID` when a workload sends what nobody can take, or a command whose data is wrong each time:
 * a world in which everything is turned down keeps every promise.
 */
export function checkWorkload(file: string, { workload }: Simulation, system: SystemDefinition): void {
  if (!workload) return
  const problems = new Map<string, string | undefined>()
  for (const command of drawn(file, workload)) {
    const name = `${command.service}/${command.type}`
    const unknown = unknownName(system, command)
    if (unknown !== undefined)
      throw new Failure('CONFIG_INVALID', { hint: `The workload of ${file} sends ${name}, but ${unknown}` })
    if (problems.has(name) && problems.get(name) === undefined) continue
    problems.set(name, wrongData(system, command))
  }
  for (const [name, problem] of problems)
    if (problem !== undefined)
      throw new Failure('CONFIG_INVALID', {
        hint: `The workload of ${file} sends ${name} with data that its schema never takes: ${problem}.`
      })
}
