import {
  type Schema,
  type ServiceDefinition,
  type StateMachineDefinition,
  type SystemDefinition,
  statusReport,
  type TransitionRow,
  transitionTable
} from '../core/index.ts'
import { descriptionOf, drawData } from './described-data.ts'
import { KeyFamilies } from './key-families.ts'
import { learnKeys } from './learned-keys.ts'
import { randomStream } from './random.ts'
import type { Description } from './schema-merging.ts'
import type { ValueSource } from './schema-values.ts'

/** A command that clients can send. */
export interface PlannedCommand {
  readonly type: string
  readonly schema: Schema
  readonly description: Description
}

/** A machine that clients can send commands to. */
export interface PlannedMachine {
  readonly service: string
  readonly family: string
  readonly initial: string
  readonly statuses: readonly string[]
  readonly commands: readonly PlannedCommand[]
  readonly table: readonly TransitionRow[]
  /** Families of keys that its commands name, other than its own. */
  readonly names: readonly string[]
  /** Some process begins with one of its events. */
  readonly startsProcesses: boolean
}

/** A command that no client sends, and why. */
export interface LeftOut {
  /** As `service/Type`. */
  readonly command: string
  readonly why: string
}

/** What commands for a system can be made up from. */
export interface WorkloadPlan {
  readonly machines: readonly PlannedMachine[]
  readonly families: KeyFamilies
  readonly leftOut: readonly LeftOut[]
}

/** How often a command is drawn to see which keys it names. */
const samplesMax = 10

class Planner {
  readonly families: KeyFamilies = new KeyFamilies()
  readonly leftOut: LeftOut[] = []
  readonly #system: SystemDefinition
  readonly #senders: ReadonlyMap<string, ReadonlySet<string>>
  /** Events that processes begin with. */
  readonly #starts = new Set<string>()

  constructor(system: SystemDefinition) {
    this.#system = system
    for (const service of system.services.values())
      for (const unit of service.units.values())
        if (unit.kind === 'state-machine') this.families.machine(service.name, unit)
        else if (unit.kind === 'process-manager')
          for (const [source, routes] of unit.routes)
            if (routes.some(({ means }) => means === 'starts')) this.#starts.add(source)
    this.#senders = learnKeys(system, this.families)
  }

  /** Every machine with a command that clients send; with `all` also those that parts of the system send. */
  machines(all: boolean): readonly PlannedMachine[] {
    const machines: PlannedMachine[] = []
    this.leftOut.length = 0
    for (const service of this.#system.services.values())
      for (const unit of service.units.values()) {
        if (unit.kind !== 'state-machine') continue
        const machine = this.#machine(service, unit, all)
        if (machine.commands.length > 0) machines.push(machine)
      }
    return machines
  }

  #machine(service: ServiceDefinition, unit: StateMachineDefinition, all: boolean): PlannedMachine {
    const family = this.families.familyOfMachine(this.families.machine(service.name, unit))
    const names = new Set<string>()
    const commands: PlannedCommand[] = []
    for (const { command } of unit.commands.values()) {
      const { type, schema, internal } = command
      if (internal) continue
      const name = `${service.name}/${type}`
      const senders = [...(this.#senders.get(name) ?? [])]
      const description = descriptionOf(schema)
      const why =
        senders.length > 0 && !all
          ? `Parts of ${senders.join(' and ')} send it.`
          : description === undefined || !this.#sample(service.name, schema, description, names)
            ? 'No data was found that its schema takes.'
            : undefined
      if (why === undefined && description) commands.push({ type, schema, description })
      else this.leftOut.push({ command: name, why: why ?? '' })
    }
    names.delete(family)
    return {
      service: service.name,
      family,
      initial: unit.initial.status,
      statuses: statusReport(unit).statuses,
      commands,
      table: transitionTable(unit),
      names: [...names],
      startsProcesses: [...unit.events.keys()].some((type) => this.#starts.has(`${service.name}/${type}`))
    }
  }

  /** Draws data of a command to see which keys it names, and what it asks of them. Gives whether there is any. */
  #sample(service: string, schema: Schema, description: Description, names: Set<string>): boolean {
    const { families } = this
    let isDrawn = false
    for (let sample = 1; sample <= samplesMax; sample++) {
      const source: ValueSource = {
        random: randomStream(sample, 'sample'),
        keyed: (field, rules) => {
          const family = families.familyOf(service, field)
          if (family === undefined) return undefined
          names.add(family)
          families.ask(family, rules)
          return undefined
        },
        numbered: (field) => {
          const family = families.familyOf(service, field)
          if (family !== undefined) families.count(family)
          return undefined
        }
      }
      isDrawn = drawData({ schema, description }, source) !== undefined || isDrawn
    }
    return isDrawn
  }
}

/** Sees what commands for a system can be made up from. It runs pure functions of its parts with made-up events. */
export function workloadPlan(system: SystemDefinition): WorkloadPlan {
  const planner = new Planner(system)
  let machines = planner.machines(false)
  // Services that only send each other commands must be begun with by somebody.
  if (machines.length === 0) machines = planner.machines(true)
  return { machines, families: planner.families, leftOut: planner.leftOut }
}
