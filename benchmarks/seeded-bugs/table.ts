import { readFileSync, writeFileSync } from 'node:fs'
import { machine } from '../machine.ts'
import type { Outcome } from '../report.ts'
import { bugKinds, type Mutant } from './mutant.ts'
import type { Found } from './worker.ts'

/** What came of a mutant. */
export interface Hunt {
  readonly mutant: Mutant
  readonly found: Found | undefined
  /** The finding made small; undefined when there is none, when that took too long, or when it did not come again. */
  readonly shrunk: Found | undefined
  /** What was found without the invariants of the sample. */
  readonly bare: Found | undefined
  readonly seconds: number
  readonly seeds: number
}

/** What came of a correct sample. */
export interface Peace {
  readonly sample: string
  readonly seeds: number
  readonly seconds: number
  readonly alarms: readonly Found[]
}

const document = new URL('../../docs/seeded-bugs.md', import.meta.url)
const begin = '<!-- table: begin -->'
const end = '<!-- table: end -->'
/** A finding with more commands and faults than this is not small. */
const smallMax = 10

/** Whether it was found by what the simulator knows by itself: those names are single words. */
export function isTheSimulators({ oracle }: Found): boolean {
  return /^[a-z-]+$/.test(oracle)
}

/** Whether what was found is small enough to be read. */
export function isSmall({ shrunk }: Hunt): boolean {
  return shrunk !== undefined && shrunk.commands + shrunk.faults <= smallMax
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const row = (cells: readonly (string | number)[]): string =>
  `| ${cells.map((one) => cell(String(one))).join(' | ')} |`
const plural = (count: number, name: string): string => `${count} ${name}${count === 1 ? '' : 's'}`

function oracleText(found: Found): string {
  return isTheSimulators(found) ? `\`${found.oracle}\`` : `invariant '${found.oracle}'`
}

function huntRow({ mutant, found, shrunk, bare, seconds, seeds }: Hunt): string {
  const { sample, kind, wrong } = mutant
  if (!found)
    return row([kind, sample, wrong, `**not caught** by ${seeds} seeds`, '', seconds.toFixed(1), '', ''])
  const left = shrunk
    ? `${plural(shrunk.commands, 'command')}, ${plural(shrunk.faults, 'fault')}`
    : 'not shrunk'
  const alone = isTheSimulators(found) ? 'the same' : bare ? `\`${bare.oracle}\`` : 'not caught'
  return row([
    kind,
    sample,
    wrong,
    oracleText(found),
    `${found.seed}, ${found.kind}`,
    seconds.toFixed(1),
    left,
    alone
  ])
}

function closingLines({ figures }: Outcome): readonly string[] {
  const { mutants, kinds, caught, samples } = figures
  return [
    `- **${caught} of ${mutants} mutants** of ${kinds} kinds are caught, ${figures['caught %']} %; half of them within ${figures['median seconds']} seconds.`,
    `- ${figures['shrunk to 10 events']} of these are shrunk to 10 commands and faults or fewer.`,
    `- ${figures['caught without invariants']} are caught without any invariant of the sample.`,
    `- The ${samples} correct samples raised **${figures['false alarms']} false alarms**.`
  ]
}

/** Puts what was found into the document, in the place of what was there. */
export function writeTable(hunts: readonly Hunt[], peaces: readonly Peace[], closing: Outcome): void {
  const text = readFileSync(document, 'utf8')
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined)
    throw new Error(`${document.pathname} has no ${begin} and ${end}.`)
  const order = Object.keys(bugKinds)
  const sorted = hunts.toSorted(
    (left, right) => order.indexOf(left.mutant.kind) - order.indexOf(right.mutant.kind)
  )
  const lines = [
    begin,
    '',
    ...closingLines(closing),
    '',
    `Measured on ${machine()}.`,
    '',
    row([
      'kind',
      'sample',
      'what is wrong',
      'caught by',
      'seed, trial',
      'seconds',
      'left',
      'without invariants'
    ]),
    row(Array.from({ length: 8 }, () => '---')),
    ...sorted.map(huntRow),
    '',
    row(['correct sample', 'seeds', 'seconds', 'false alarms']),
    row(Array.from({ length: 4 }, () => '---')),
    ...peaces.map(({ sample, seeds, seconds, alarms }) =>
      row([sample, seeds, seconds.toFixed(1), alarms.length])
    ),
    '',
    end
  ]
  writeFileSync(document, `${before}${lines.join('\n')}${after}`)
}
