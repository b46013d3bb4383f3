import type { EventType, Schema, SystemDefinition } from '../core/index.ts'
import { descriptionOf } from './described-data.ts'
import type { KeyFamilies } from './key-families.ts'
import { randomStream } from './random.ts'
import { fieldsOf } from './schema-merging.ts'
import { schemaValue } from './schema-values.ts'
import { type MakeUp, seenMessages } from './seen-messages.ts'

/** Events are made up that often, for parts that do not always send the same. */
const probesMax = 6

/** Texts that stand for keys and fields of made-up events: where one turns up again, the same is meant. */
class Marks {
  readonly #nodes = new Map<string, readonly string[]>()

  /** A text that was not there before, for what means the same as these. */
  of(nodes: readonly string[]): string {
    const mark = `mark-${this.#nodes.size + 1}`
    this.#nodes.set(mark, nodes)
    return mark
  }

  meantBy(text: unknown): readonly string[] {
    return typeof text === 'string' ? (this.#nodes.get(text) ?? []) : []
  }
}

/** The machines that say an event. */
function speakersOf(
  { services }: SystemDefinition,
  { service, type }: EventType<string, unknown>,
  families: KeyFamilies
): readonly string[] {
  return [...(services.get(service)?.units.values() ?? [])].flatMap((unit) =>
    unit.kind === 'state-machine' && unit.events.has(type) ? [families.machine(service, unit)] : []
  )
}

/**
 * Lets the parts of a system show with which keys they send commands, so that families that are named differently
 * become one. Gives the services that send each command, by `service/Type`.
 */
export function learnKeys(
  system: SystemDefinition,
  families: KeyFamilies
): ReadonlyMap<string, ReadonlySet<string>> {
  const senders = new Map<string, Set<string>>()
  for (let probe = 1; probe <= probesMax; probe++) {
    const random = randomStream(probe, 'probe')
    const marks = new Marks()
    const dataOf = (service: string, schema: Schema): unknown => {
      const keyed = (field: string): string => marks.of([families.field(service, field)])
      return schemaValue(descriptionOf(schema) ?? {}, { random, keyed })
    }
    const makeUp: MakeUp = {
      event: (event) => {
        const key = marks.of(speakersOf(system, event, families))
        const meta = { id: 'id', key, timeMs: 0, correlationId: 'id', causationId: 'id' }
        return { data: dataOf(event.service, event.schema), meta }
      },
      command: (machine, { service, schema }) => ({
        data: dataOf(service, schema),
        key: marks.of([families.machine(service, machine)])
      })
    }
    for (const { by, message } of seenMessages(system, makeUp)) {
      const { service, type, data } = message
      for (const [field, value] of Object.entries(fieldsOf(data)))
        for (const node of marks.meantBy(value)) families.unite(node, families.field(service, field))
      const machine = system.services.get(service)?.machineOf.get(type)
      if (message.kind !== 'command') continue
      const known = senders.get(`${service}/${type}`)
      if (known) known.add(by)
      else senders.set(`${service}/${type}`, new Set([by]))
      if (!machine) continue
      for (const node of marks.meantBy(message.key)) families.unite(node, families.machine(service, machine))
    }
  }
  return senders
}
