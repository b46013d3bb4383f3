import { Failure, type MessageMeta, type SystemDefinition, type Unit } from '../core/index.ts'
import type { Faults } from './faults.ts'

/** Decides once for each message and part whether it is poison there, and then sticks to it until the healing. */
class Poison {
  readonly #faults: Faults
  readonly #decided = new Map<string, boolean>()

  constructor(faults: Faults) {
    this.#faults = faults
  }

  taste(where: string, { id, key }: MessageMeta): void {
    if (!this.#faults.active) return
    const name = `${where} ${id}`
    let isPoison = this.#decided.get(name)
    if (isPoison === undefined) {
      isPoison = this.#faults.fires('poison-message', `${where} ${key}`)
      this.#decided.set(name, isPoison)
    }
    if (isPoison)
      throw new Failure('TRANSITION_FAILED', { hint: `${where} cannot take ${id} (a simulated fault).` })
  }
}

function mapped<Rule>(
  rules: ReadonlyMap<string, Rule>,
  change: (rule: Rule) => Rule
): ReadonlyMap<string, Rule> {
  return new Map([...rules].map(([name, rule]) => [name, change(rule)]))
}

function poisoned(unit: Unit, where: string, poison: Poison): Unit {
  if (unit.kind === 'projection')
    return {
      ...unit,
      rules: mapped(unit.rules, (rule) => ({
        ...rule,
        fold: (row, data, meta, key) => {
          poison.taste(where, meta)
          return rule.fold(row, data, meta, key)
        }
      }))
    }
  if (unit.kind === 'actor')
    return {
      ...unit,
      rules: mapped(unit.rules, (rule) =>
        rule.mode === 'effect'
          ? rule
          : {
              ...rule,
              react: (data, meta) => {
                poison.taste(where, meta)
                return rule.react(data, meta)
              }
            }
      )
    }
  if (unit.kind === 'state-machine') return unit
  return {
    ...unit,
    routes: mapped(unit.routes, (routes) =>
      routes.map((route) => ({
        ...route,
        keep: (kept: unknown, data: unknown, meta: MessageMeta) => {
          poison.taste(where, meta)
          if (route.keep) return route.keep(kept, data, meta)
          return route.means === 'starts' ? data : kept
        }
      }))
    )
  }
}

/** The same system, in which some transitions throw while there are faults. */
export function withPoison(system: SystemDefinition, faults: Faults): SystemDefinition {
  const poison = new Poison(faults)
  const services = [...system.services].map(([name, service]) => {
    const units = [...service.units].map(
      ([unitName, unit]) => [unitName, poisoned(unit, `${name}/${unitName}`, poison)] as const
    )
    return [name, { ...service, units: new Map(units) }] as const
  })
  return { ...system, services: new Map(services) }
}
