import type { SystemDefinition } from '../core/index.ts'
import { drawData } from './described-data.ts'
import { insideWorld } from './forbidden-globals.ts'
import { KeyPool } from './key-families.ts'
import type { Random } from './random.ts'
import type { ValueSource } from './schema-values.ts'
import type { SimulatedCommand, Simulation } from './simulation.ts'
import { type PlannedCommand, type PlannedMachine, type WorkloadPlan, workloadPlan } from './workload-plan.ts'

/** Within this much virtual time everything is sent. */
const spanMs = 3_000
const commandsMin = 36
const commandsMore = 9
/** The share of the commands that make what others name: a bike before it is booked. */
const groundShare = 0.2
/** The share of the commands after which there may be something that parts of the system have begun. */
const othersShare = 0.4
/** How many entities of a machine are on their way at a time, at most. */
const openMax = 4
const illegalShare = 0.06
/** A field that only says that it is a key is most likely that of the entity itself. */
const isOwn = /^(id|key)$/i

/** An entity as clients know it: what they have sent to it, not what came of that. */
interface Entity {
  readonly key: string
  /** Those in which the commands of clients have brought it. */
  statuses: ReadonlySet<string>
  /** What was named to it last, by field: who rented a bike gives it back. */
  readonly named: Map<string, string>
}

/** Walks the transition tables of one machine, with some entities at once. */
class Walk {
  readonly machine: PlannedMachine
  readonly #random: Random
  readonly #pool: KeyPool
  readonly #sent: ReadonlySet<string>
  readonly #openMax: number
  /** What clients send begins an entity; else they can only meddle with those that others begin. */
  readonly isBornByClients: boolean
  #open: Entity[] = []
  #last = 0

  constructor(machine: PlannedMachine, random: Random, pool: KeyPool) {
    this.machine = machine
    this.#random = random
    this.#pool = pool
    this.#sent = new Set(machine.commands.map(({ type }) => type))
    this.#openMax = 1 + random.below(openMax)
    this.isBornByClients = this.#legal(new Set([machine.initial])).length > 0
  }

  /** These statuses, and those that parts of the system may bring an entity to from there. */
  #moved(from: Iterable<string>): ReadonlySet<string> {
    const reached = new Set(from)
    for (const status of reached)
      for (const row of this.machine.table)
        if (row.from === status && !this.#sent.has(row.command)) reached.add(row.to)
    return reached
  }

  #legal(statuses: ReadonlySet<string>): readonly PlannedCommand[] {
    const { commands, table } = this.machine
    return commands.filter(({ type }) => table.some((row) => row.command === type && statuses.has(row.from)))
  }

  /** What may be sent to an entity: most likely legal, as far as clients know. */
  #choice({ statuses }: Entity): readonly PlannedCommand[] {
    if (this.#random.chance(illegalShare)) return this.machine.commands
    const legal = this.#legal(statuses)
    return legal.length > 0 ? legal : this.#legal(this.#moved(statuses))
  }

  /** The next command of some entity. */
  next(): { readonly entity: Entity; readonly command: PlannedCommand } {
    const entity = this.#entity()
    const command = this.#random.pick(this.#choice(entity))
    const rows = this.machine.table.filter((row) => row.command === command.type)
    const before = this.#legal(entity.statuses).length > 0 ? entity.statuses : this.#moved(entity.statuses)
    const stays = [...entity.statuses].filter((status) => rows.every(({ from }) => from !== status))
    const goes = rows.filter(({ from }) => before.has(from)).map(({ to }) => to)
    // When it was legal somewhere, it is taken to have been legal.
    entity.statuses = new Set(goes.length > 0 ? goes : stays)
    this.#open = this.#open.filter((one) => this.#legal(this.#moved(one.statuses)).length > 0)
    return { entity, command }
  }

  /** Entities that parts of the system go on with are mostly left to them. */
  #readiness({ statuses }: Entity): number {
    if (this.#legal(statuses).length === 0) return 0.2
    return this.#moved(statuses).size > statuses.size ? 0.4 : 1
  }

  #entity(): Entity {
    const { family, statuses, initial } = this.machine
    const ready = this.#open.filter((one) => this.#random.chance(this.#readiness(one)))
    const isFull = ready.length >= this.#openMax
    if (ready.length > 0 && (isFull || this.#random.chance(0.6))) return this.#random.pick(ready)
    const number = this.isBornByClients ? this.#last + 1 : this.#pool.some(family)
    this.#last = Math.max(this.#last, number)
    const key = this.#pool.take(family, number)
    const known = this.#open.find((one) => one.key === key)
    if (known) return known
    // What others bring into the world may be anywhere when a client comes to it.
    const entity: Entity = {
      key,
      statuses: new Set(this.isBornByClients ? [initial] : statuses),
      named: new Map()
    }
    this.#open.push(entity)
    return entity
  }
}

/** Draws keys in the place of what looks like one. */
function sourceFor(
  { families }: WorkloadPlan,
  { service, family: own }: PlannedMachine,
  { key, named }: Entity,
  pool: KeyPool,
  random: Random
): ValueSource {
  return {
    random,
    keyed: (field) => {
      if (isOwn.test(field) && random.chance(0.75)) return key
      const family = families.familyOf(service, field)
      if (family === undefined) return undefined
      if (family === own && random.chance(0.75)) return key
      const before = named.get(field)
      if (before !== undefined && random.chance(0.9)) return before
      const some = families.key(family, pool.some(family))
      named.set(field, some)
      return some
    },
    numbered: (field) => {
      const family = families.familyOf(service, field)
      return family === undefined ? undefined : pool.some(family)
    }
  }
}

/** What processes begin with is worth most, and what only meddles with the entities of others least. */
function worth({ machine, isBornByClients }: Walk): number {
  if (machine.startsProcesses) return 4
  return isBornByClients ? 2 : 1
}

/**
 * Commands for one world, made up: data as the schemas take it, in an order that the transition tables allow most of
 * the time. Entities and the keys in data are few, so that commands meet. In the order in which they are sent.
 */
export function generatedWorkload(plan: WorkloadPlan, random: Random): readonly SimulatedCommand[] {
  const { machines } = plan
  if (machines.length === 0) return []
  const pool = new KeyPool(plan.families, random)
  const walks = machines.map((machine) => new Walk(machine, random, pool))
  const isNamed = (family: string): boolean => machines.some(({ names }) => names.includes(family))
  const ground = walks.filter(({ machine }) => machine.names.length === 0 && isNamed(machine.family))
  const often = walks.flatMap((walk) => Array.from({ length: worth(walk) }, () => walk))
  const born = often.filter(({ isBornByClients }) => isBornByClients)
  const count = commandsMin + random.below(commandsMore)
  const times = Array.from({ length: count }, () => random.below(spanMs)).sort((left, right) => left - right)
  const commands: SimulatedCommand[] = []
  for (const [index, atMs] of times.entries()) {
    const isBeginning = ground.length > 0 && index < count * groundShare
    const isEarly = index < count * othersShare && born.length > 0
    const walk = random.pick(isBeginning ? ground : isEarly ? born : often)
    const { command, entity } = walk.next()
    const { key } = entity
    const { service } = walk.machine
    const data = drawData(command, sourceFor(plan, walk.machine, entity, pool, random))
    if (data !== undefined) commands.push({ service, type: command.type, key, data, atMs })
  }
  return commands
}

const plans = new WeakMap<object, WorkloadPlan>()
/** A part that asks for the time while it is looked at sends nothing; it is found when it does so in a world. */
const nobody = { fail: (): void => undefined }

/** The plan of a simulation: made once, since every world of it has the same system in all that a plan needs. */
export function planOf(simulation: object, system: SystemDefinition): WorkloadPlan {
  const known = plans.get(simulation)
  if (known) return known
  const plan = insideWorld(nobody, () => workloadPlan(system))
  plans.set(simulation, plan)
  return plan
}

/** The commands of a simulation that no client sends, each with the reason; none, where its author says what is sent. */
export function commandsLeftOut<Outside>(
  simulation: Simulation<Outside>,
  system: SystemDefinition
): readonly string[] {
  if (simulation.workload) return []
  return planOf(simulation, system).leftOut.map(({ command, why }) => `${command}: ${why}`)
}
