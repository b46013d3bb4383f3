import type { Outcome } from './campaign.ts'
import type { Fault } from './fault.ts'

/** How the campaign of one fault ended. */
export type Verdict = 'ok' | 'FAILED' | 'SKIPPED'

/** One fault in the report. */
export interface Reported {
  readonly fault: Fault
  readonly verdict: Verdict
  readonly seconds: number
  /** Why it was skipped. */
  readonly reason?: string
  readonly outcome?: Outcome
}

/** The value below which so many of a hundred lie; undefined of nothing. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))]
}

/** Why a campaign has failed; nothing when it has not. */
export function failuresOf(fault: Fault, outcome: Outcome): readonly string[] {
  const { fired, lost, violations } = outcome
  const none = fired === 0 ? ['the fault has never fired'] : []
  if (!fault.isControl) return [...none, ...violations]
  return lost === 0 ? [...none, ...violations, 'a control has lost nothing: the checks see nothing'] : none
}

const columns = [
  ['fault', 24],
  ['', 7],
  ['times', 6],
  ['fired', 6],
  ['acked', 8],
  ['replayed', 9],
  ['violations', 11],
  ['p50 ms', 7],
  ['p99 ms', 7],
  ['s', 6],
  ['slowest after', 18]
] as const

const lineOf = (cells: readonly (string | number)[]): string =>
  columns
    .map(([, width], index) => {
      const text = String(cells[index] ?? '')
      return index < 2 ? text.padEnd(width) : text.padStart(width)
    })
    .join(' ')

export const heading: string = lineOf(columns.map(([name]) => name))

/** One fault as a line for people. */
export function textOf({ fault, verdict, seconds, reason, outcome }: Reported): string {
  if (!outcome) return `${lineOf([fault.name, verdict]).trimEnd()} ${reason ?? ''}`.trimEnd()
  const { times, fired, acknowledged, replayed, recoveriesMs, slowestAfter, lost, violations } = outcome
  const [p50, p99] = [50, 99].map((percent) => percentile(recoveriesMs, percent)?.toFixed(0) ?? '-')
  const wrong = fault.isControl ? `${lost} lost` : violations.length
  return lineOf([
    fault.name,
    verdict,
    times,
    fired,
    acknowledged,
    replayed,
    wrong,
    p50 ?? '',
    p99 ?? '',
    seconds.toFixed(1),
    slowestAfter ?? ''
  ]).trimEnd()
}

/** One fault as a line for programs. */
export function jsonOf({ fault, verdict, seconds, reason, outcome }: Reported): string {
  const { recoveriesMs = [], ...counts } = outcome ?? {}
  return JSON.stringify({
    fault: fault.name,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ...(outcome ? { isControl: fault.isControl ?? false, ...counts } : {}),
    ...(outcome
      ? { recoveryMs: { p50: percentile(recoveriesMs, 50), p99: percentile(recoveriesMs, 99) } }
      : {}),
    seconds: Number(seconds.toFixed(1))
  })
}
