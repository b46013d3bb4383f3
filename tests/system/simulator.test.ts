import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { allFaults } from '../../src/simulator/index.ts'

interface Campaign {
  readonly seeds: number
  readonly kinds: Readonly<Record<string, number>>
  readonly fired: Readonly<Record<string, number>>
  readonly events: number
  readonly unreached: readonly string[]
  readonly drifts: readonly unknown[]
  readonly failures: readonly unknown[]
}

async function campaign(simulation: string, seeds: number): Promise<Campaign> {
  const out = mkdtempSync(join(tmpdir(), 'skerry-simulated-'))
  onTestFinished(() => rmSync(out, { recursive: true }))
  const args = ['sim', '--json', '--simulation', simulation, '--seeds', `${seeds}`, '--out', out]
  const child = spawn(process.execPath, ['--conditions=skerry-source', 'src/cli/main.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 500_000
  })
  return JSON.parse(await text(child.stdout))
}

test.each([
  ['the bank of the tests', 'tests/simulator/bank-simulation.ts', 600],
  ['the shop', 'examples/retail/simulation.ts', 400]
])(
  '%s keeps every promise over its seeds, reaches everything, and goes the same way in a second process',
  async (_, simulation, seeds) => {
    const { failures, drifts, unreached, fired, kinds, events, ...counts } = await campaign(simulation, seeds)
    expect(counts.seeds).toBe(seeds)
    expect(Object.keys(kinds)).toHaveLength(4)
    expect(events).toBeGreaterThan(50 * seeds)
    expect(allFaults.filter((kind) => !fired[kind])).toEqual([])
    expect({ failures, drifts, unreached }).toEqual({ failures: [], drifts: [], unreached: [] })
  },
  500_000
)
