import type { LogRow } from '../ports/index.ts'

/** Finds the rule for a row among rules by `service/Type` of their events, without putting names together for each row. */
export function ruleFinder<Rule>(rules: ReadonlyMap<string, Rule>): (row: LogRow) => Rule | undefined {
  const byService = new Map<string, Map<string, Rule>>()
  for (const [source, rule] of rules) {
    const [service = '', type = ''] = source.split('/')
    const ofService = byService.get(service) ?? new Map<string, Rule>()
    byService.set(service, ofService.set(type, rule))
  }
  return (row) => (row.kind === 'event' ? byService.get(row.service)?.get(row.type) : undefined)
}
