import { setTimeout as pause } from 'node:timers/promises'
import type { LineCounts, TcpProxy } from '../../servers/tcp-proxy.ts'
import { until } from '../../system/child.ts'
import { between, inPercent, oneOf } from '../chance.ts'
import type { DeployedBank } from './deployed-bank.ts'
import { countOf, type LineKind } from './lines.ts'
import type { Strike } from './strike.ts'

/** Nothing that happens on a line that is used takes longer to be seen. */
const seenMaxMs = 20_000

const toDatabase: readonly LineKind[] = ['store']
const fromOthers: readonly LineKind[] = ['broker', 'feeds']
const all: readonly LineKind[] = [...toDatabase, ...fromOthers]

/** What lines are struck: those to the database if there are such, those by which news come, or all of them. */
function struck(bank: DeployedBank): readonly TcpProxy[] {
  const kinds = bank.lines.of(toDatabase).length > 0 ? oneOf([toDatabase, fromOthers, all]) : all
  // One process alone, or all at once.
  return bank.lines.of(kinds, inPercent(50) ? bank.anyProcess().process : undefined)
}

/** Something that a line does for a while. */
function weather(
  name: string,
  story: string,
  what: keyof LineCounts,
  begin: (line: TcpProxy) => void,
  quick = false
): Strike {
  return {
    name,
    story,
    ...(quick ? { quick: true } : {}),
    async strike(bank) {
      const lines = struck(bank)
      const before = countOf(lines, what)
      for (const line of lines) begin(line)
      try {
        await until(`${name} is felt`, async () => countOf(lines, what) > before, seenMaxMs)
        await pause(between(100, 2_000))
      } finally {
        for (const line of lines) line.heal()
      }
      return countOf(lines, what) > before
    }
  }
}

export const strikesOfLines: readonly Strike[] = [
  weather('line-cut', 'connections end, and nobody gets through for a while', 'cut', (line) => line.cut()),
  weather(
    'partition',
    'what is sent vanishes, both ways',
    'vanishedBytes',
    (line) => line.partition(['there', 'back']),
    true
  ),
  weather(
    'one-way',
    'what is sent vanishes in one direction: requests, or answers',
    'vanishedBytes',
    (line) => line.partition([oneOf(['there', 'back'])]),
    true
  ),
  weather(
    'silence',
    'connections carry nothing any more, and nobody is told; new ones do',
    'vanishedBytes',
    (line) => line.silence()
  ),
  weather('latency', 'everything is late by up to 200 ms', 'delayed', (line) => line.slow(between(20, 200))),
  weather('slices', 'everything comes in segments of a few bytes', 'slices', (line) =>
    line.slice(between(1, 40))
  ),
  weather(
    'resets',
    'connections are reset in the middle of a message',
    'resets',
    (line) => line.reset(between(500, 20_000)),
    true
  )
]
