import { type ProjectionDefinition, type ProjectionRule, upcast } from '../core/index.ts'
import { type LogRow, subscriptionName } from '../ports/index.ts'
import { type Handler, metaOf } from './handler.ts'

/** The name under which a generation's rows are at hand in a turn. */
export function rowsName(projection: string, generation: number): string {
  return `${projection}@${generation}`
}

/** Folds events into the rows of one generation of a projection. */
export function projectionHandler(projection: ProjectionDefinition, generation: number): Handler {
  const cached = rowsName(projection.name, generation)
  const rules = new Map<string, Map<string, ProjectionRule>>()
  for (const rule of projection.rules.values()) {
    const ofService = rules.get(rule.event.service) ?? new Map<string, ProjectionRule>()
    rules.set(rule.event.service, ofService.set(rule.event.type, rule))
  }
  const ruleOf = (row: LogRow): ProjectionRule | undefined =>
    row.kind === 'event' ? rules.get(row.service)?.get(row.type) : undefined
  return {
    subscription: subscriptionName(projection.name, generation),
    sources: [...rules.keys()],
    wants: (row) => ruleOf(row) !== undefined,
    orderKey: (row) => `${row.service}/${row.key}`,
    typeOf: (row) => ruleOf(row)?.event,
    plan: (row) => {
      const rule = ruleOf(row) as ProjectionRule
      const data = upcast(rule.event, row.version, row.data)
      const meta = metaOf(row)
      const found = rule.keys(data, meta)
      const keys = typeof found === 'string' ? [found] : [...new Set(found)]
      return {
        needs: (need) => {
          for (const key of keys) need(cached, key)
        },
        apply: (draft) => {
          const folded = keys.map((key) =>
            rule.fold(draft.row(cached, key) ?? projection.initial, data, meta, key)
          )
          for (const [index, key] of keys.entries())
            draft.putRow(cached, projection.name, generation, key, folded[index])
        }
      }
    }
  }
}
