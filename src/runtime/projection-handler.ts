import { type ProjectionDefinition, type ProjectionRule, upcast } from '../core/index.ts'
import { subscriptionName } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import { type Handler, metaOf } from './handler.ts'
import { ruleFinder } from './rules-by-source.ts'

/** The name under which a generation's rows are at hand in a turn. */
export function rowsName(projection: string, generation: number): string {
  return `${projection}@${generation}`
}

/** Folds events into the rows of one generation of a projection. */
export function projectionHandler(projection: ProjectionDefinition, generation: number): Handler {
  const cached = rowsName(projection.name, generation)
  const ruleOf = ruleFinder(projection.rules)
  return {
    subscription: subscriptionName(projection.name, generation),
    sources: [...new Set([...projection.rules.values()].map((rule) => rule.event.service))],
    wants: (row) => ruleOf(row) !== undefined,
    orderKey: (row) => `${row.service}/${row.key}`,
    typeOf: (row) => ruleOf(row)?.event,
    plan: (row) => {
      const rule = ruleOf(row) as ProjectionRule
      const data = upcast(rule.event, row.version, row.data)
      const meta = metaOf(row)
      const found = rule.keys(data, meta)
      const fold = (draft: Draft, key: string): unknown =>
        rule.fold(draft.row(cached, key) ?? projection.initial, data, meta, key)
      if (typeof found === 'string')
        return {
          needs: (need) => need(cached, found),
          apply: (draft) => draft.putRow(cached, projection.name, generation, found, fold(draft, found))
        }
      const keys = [...new Set(found)]
      return {
        needs: (need) => {
          for (const key of keys) need(cached, key)
        },
        apply: (draft) => {
          const folded = keys.map((key) => fold(draft, key))
          for (const [index, key] of keys.entries())
            draft.putRow(cached, projection.name, generation, key, folded[index])
        }
      }
    }
  }
}
