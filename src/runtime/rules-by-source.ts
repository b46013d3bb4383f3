import type { LogRow } from '../ports/index.ts'

interface Listening {
  readonly event: { readonly service: string; readonly type: string }
}

/** Finds the rule for a row, or the rules, without putting names together for each row. */
export function ruleFinder<Rule extends Listening | readonly Listening[]>(
  rules: ReadonlyMap<string, Rule>
): (row: LogRow) => Rule | undefined {
  const byService = new Map<string, Map<string, Rule>>()
  for (const rule of rules.values()) {
    const listening: Listening | readonly Listening[] = rule
    const first = 'event' in listening ? listening : listening[0]
    if (!first) continue
    const { service, type } = first.event
    const ofService = byService.get(service) ?? new Map<string, Rule>()
    byService.set(service, ofService.set(type, rule))
  }
  return (row) => (row.kind === 'event' ? byService.get(row.service)?.get(row.type) : undefined)
}
