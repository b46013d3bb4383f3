import { readFileSync, writeFileSync } from 'node:fs'
import { machine } from '../machine.ts'
import type { Outcome } from '../report.ts'

/** One system of the comparison. */
export interface Row {
  readonly title: string
  readonly figures: Outcome['figures']
}

const document = new URL('../RESULTS.md', import.meta.url)
const begin = '<!-- peers: begin -->'
const end = '<!-- peers: end -->'

const row = (cells: readonly unknown[]): string => `| ${cells.join(' | ')} |`

function line({ title, figures }: Row): string {
  if ('NOT MEASURED' in figures)
    return row([
      title,
      figures['durable'],
      `**not measured**: ${figures['NOT MEASURED']}`,
      '',
      '',
      '',
      '',
      ''
    ])
  const shown = (name: string, unit = ''): string => {
    const value = figures[name]
    return value === undefined
      ? ''
      : `${typeof value === 'number' ? value.toLocaleString('en') : value}${unit}`
  }
  return row([
    title,
    shown('durable'),
    shown('completed_per_s', '/s'),
    shown('skerry_completes_times'),
    shown('p50_ms', ' ms'),
    shown('p99_ms', ' ms'),
    `${shown('cpu_us_per_order')} + ${shown('servers_cpu_us_per_order')} us`,
    figures['correct'] === true ? 'yes' : `**no**: ${figures['wrong']}`
  ])
}

/** Puts the comparison into the document, in the place of the last. */
export function writeRows(rows: readonly Row[]): void {
  const text = readFileSync(document, 'utf8')
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined)
    throw new Error(`${document.pathname} has no ${begin} and ${end}.`)
  const titles = [
    'system',
    'durable by',
    'completed',
    'Skerry completes so many times as much',
    'p50',
    'p99',
    'processor time an order: own + servers',
    'correct'
  ]
  const table = [row(titles), row(titles.map(() => '---')), ...rows.map(line)]
  writeFileSync(
    document,
    `${before}${begin}\n\nMeasured on ${machine()}.\n\n${table.join('\n')}\n\n${end}${after}`
  )
}
