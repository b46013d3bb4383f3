import type { ActorDefinition } from './actor.ts'
import type { Contract } from './contract.ts'
import { fail } from './failure.ts'
import type { ProcessManagerDefinition } from './process-manager.ts'
import type { ProjectionDefinition } from './projection.ts'
import type { StateMachineDefinition } from './state-machine.ts'

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

function checkMachine(contract: Contract, machine: StateMachineDefinition): void {
  const where = `${contract.service}/${machine.name}`
  for (const { event } of machine.facts.values())
    if (event.service !== contract.service)
      fail('DEFINITION_INVALID', { hint: `${where} evolves ${event.type}, which belongs to ${event.service}; a machine says only its own service's events.` })
  for (const { command, emits } of machine.commands.values()) {
    if (command.service !== contract.service)
      fail('DEFINITION_INVALID', { hint: `${where} handles ${command.type}, which belongs to the contract of ${command.service}.` })
    const missing = emits.find(type => !machine.facts.has(type))
    if (missing) fail('DEFINITION_INVALID', { hint: `${where} emits ${missing} but has no .evolve() for it.` })
  }
}

function checkProcess(contract: Contract, process: ProcessManagerDefinition): void {
  const names = new Set(process.steps.map(step => step.name))
  for (const step of process.steps)
    for (const before of step.after)
      if (!names.has(before))
        fail('DEFINITION_INVALID', { hint: `Step '${step.name}' of ${contract.service}/${process.name} comes after '${before}', which is not a step.` })
  if (process.steps.length === 0)
    fail('DEFINITION_INVALID', { hint: `${contract.service}/${process.name} has no step.` })
}

/** Makes a service of its contract and its parts. Fails with `DEFINITION_INVALID` when they cannot work together. */
export function service(contract: Contract, units: readonly Unit[]): ServiceDefinition {
  const byName = new Map<string, Unit>()
  const machineOf = new Map<string, StateMachineDefinition>()
  for (const unit of units) {
    if (byName.has(unit.name)) fail('DEFINITION_INVALID', { hint: `${contract.service} has two parts named '${unit.name}'.` })
    byName.set(unit.name, unit)
    if (unit.kind === 'process-manager') checkProcess(contract, unit)
    if (unit.kind !== 'state-machine') continue
    checkMachine(contract, unit)
    for (const type of unit.commands.keys()) {
      const other = machineOf.get(type)
      if (other) fail('DEFINITION_INVALID', { hint: `${type} is handled by both '${other.name}' and '${unit.name}' of ${contract.service}.` })
      machineOf.set(type, unit)
    }
  }
  for (const type of contract.commands.keys())
    if (!machineOf.has(type))
      fail('DEFINITION_INVALID', { hint: `The contract of ${contract.service} offers ${type}, but no state machine handles it.` })
  for (const name of contract.queries.keys())
    if (byName.get(name)?.kind !== 'projection')
      fail('DEFINITION_INVALID', { hint: `The contract of ${contract.service} offers the query '${name}', but no projection of that name is there.` })
  return { name: contract.service, contract, units: byName, machineOf }
}

/** Makes a system of services. Fails with `DEFINITION_INVALID` when two have one name. */
export function system(name: string, services: readonly ServiceDefinition[]): SystemDefinition {
  const byName = new Map<string, ServiceDefinition>()
  for (const one of services) {
    if (byName.has(one.name)) fail('DEFINITION_INVALID', { hint: `The system ${name} has two services named '${one.name}'.` })
    byName.set(one.name, one)
  }
  return { name, services: byName }
}
