import type { ActorDefinition } from './actor.ts'
import type { Contract } from './contract.ts'
import { fail } from './failure.ts'
import type { ProcessManagerDefinition } from './process-definition.ts'
import type { ProjectionDefinition } from './projection.ts'
import type { StateMachineDefinition } from './state-machine.ts'
import { statusReport } from './transition-table.ts'

/** A part of a service that is fed by messages. */
export type Unit = StateMachineDefinition | ProcessManagerDefinition | ProjectionDefinition | ActorDefinition

/** A bounded context, as data: its contract and its parts, and nothing that another service could touch. */
export interface ServiceDefinition {
  readonly name: string
  readonly contract: Contract
  readonly units: ReadonlyMap<string, Unit>
  /** The machine that handles each command of the contract. */
  readonly machineOf: ReadonlyMap<string, StateMachineDefinition>
}

/** Several services that run together, as data. */
export interface SystemDefinition {
  readonly name: string
  readonly services: ReadonlyMap<string, ServiceDefinition>
}

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(' or ')

function invalid(hint: string): never {
  return fail('DEFINITION_INVALID', { hint })
}

function checkEvents(contract: Contract, machine: StateMachineDefinition, where: string): void {
  for (const { event } of machine.events.values())
    if (event.service !== contract.service)
      invalid(
        `${where} evolves ${event.type}, which belongs to ${event.service}; a machine says only its own service's events.`
      )
}

function checkCommands(contract: Contract, machine: StateMachineDefinition, where: string): void {
  const { impossible } = statusReport(machine)
  for (const { command, from, emits } of machine.commands.values()) {
    if (command.service !== contract.service)
      invalid(`${where} handles ${command.type}, which belongs to the contract of ${command.service}.`)
    for (const type of emits) {
      const rule = machine.events.get(type)
      if (!rule) invalid(`${where} emits ${type} but has no .evolve() for it.`)
      const illegal = rule.from.length === 0 ? [] : from.filter((status) => !rule.from.includes(status))
      if (illegal.length > 0)
        invalid(
          `${where} lets ${command.type} give ${type} from ${quoted(illegal)}, but ${type} leads only from ${quoted(rule.from)}.`
        )
    }
    const never = from.filter((status) => impossible.includes(status))
    if (never.length > 0)
      invalid(`${where} takes ${command.type} from ${quoted(never)}, but no .evolve() leads there.`)
  }
}

function checkSteps(process: ProcessManagerDefinition, where: string): void {
  const above = new Set<string>()
  for (const { name, after } of process.steps) {
    const missing = after.find((before) => !above.has(before))
    if (missing !== undefined)
      invalid(`Step '${name}' of ${where} comes after '${missing}', which is not a step declared above it.`)
    above.add(name)
  }
}

/** A part that does nothing: most likely the result of `.on()` was dropped, which changes nothing but gives a new one. */
function checkNotEmpty(unit: Unit, where: string): void {
  const [rules, call] =
    unit.kind === 'state-machine'
      ? [unit.commands.size, '.on()']
      : unit.kind === 'process-manager'
        ? [unit.steps.length, '.step()']
        : [unit.rules.size, '.on()']
  if (rules === 0)
    invalid(`${where} has no ${call}. Each call gives a new ${unit.kind}: chain the calls and pass the last.`)
}

function checkUnit(contract: Contract, unit: Unit): void {
  const where = `${contract.service}/${unit.name}`
  checkNotEmpty(unit, where)
  if (unit.kind === 'process-manager') checkSteps(unit, where)
  if (unit.kind !== 'state-machine') return
  checkEvents(contract, unit, where)
  checkCommands(contract, unit, where)
}

/** Makes a service of its contract and its parts. Fails with `DEFINITION_INVALID` when they cannot work together. */
export function service(contract: Contract, units: readonly Unit[]): ServiceDefinition {
  const byName = new Map<string, Unit>()
  const machineOf = new Map<string, StateMachineDefinition>()
  for (const unit of units) {
    if (byName.has(unit.name)) invalid(`${contract.service} has two parts named '${unit.name}'.`)
    byName.set(unit.name, unit)
    checkUnit(contract, unit)
    if (unit.kind !== 'state-machine') continue
    for (const type of unit.commands.keys()) {
      const other = machineOf.get(type)
      if (other)
        invalid(`${type} is handled by both '${other.name}' and '${unit.name}' of ${contract.service}.`)
      machineOf.set(type, unit)
    }
  }
  for (const type of contract.commands.keys())
    if (!machineOf.has(type))
      invalid(`The contract of ${contract.service} offers ${type}, but no state machine handles it.`)
  for (const name of contract.queries.keys())
    if (byName.get(name)?.kind !== 'projection')
      invalid(
        `The contract of ${contract.service} offers the query '${name}', but no projection of that name is there.`
      )
  return { name: contract.service, contract, units: byName, machineOf }
}

/** Makes a system of services. Fails with `DEFINITION_INVALID` when two have one name. */
export function system(name: string, services: readonly ServiceDefinition[]): SystemDefinition {
  const byName = new Map<string, ServiceDefinition>()
  for (const one of services) {
    if (byName.has(one.name)) invalid(`The system ${name} has two services named '${one.name}'.`)
    byName.set(one.name, one)
  }
  return { name, services: byName }
}
