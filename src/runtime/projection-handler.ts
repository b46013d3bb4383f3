import { type ProjectionDefinition, type ProjectionRule, upcast } from '../core/index.ts'
import type { Draft } from './draft.ts'
import { type Handler, metaOf } from './handler.ts'
import { rowSet } from './row-set.ts'
import { ruleFinder } from './rules-by-source.ts'

/** Folds events into the rows of one generation of a projection. */
export function projectionHandler(projection: ProjectionDefinition, generation: number): Handler {
  const rows = rowSet(projection.name, generation)
  const ruleOf = ruleFinder(projection.rules)
  return {
    subscription: rows.name,
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
        rule.fold(draft.row(rows, key) ?? projection.initial, data, meta, key)
      if (typeof found === 'string')
        return {
          needs: (need) => need(rows, found),
          apply: (draft) => draft.putRow(rows, found, fold(draft, found))
        }
      const keys = [...new Set(found)]
      return {
        needs: (need) => {
          for (const key of keys) need(rows, key)
        },
        apply: (draft) => {
          const folded = keys.map((key) => fold(draft, key))
          for (const [index, key] of keys.entries()) draft.putRow(rows, key, folded[index])
        }
      }
    }
  }
}
