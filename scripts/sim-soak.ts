// Simulates the platform's own systems over as many seeds as one likes: `npm run sim:soak -- --seeds N [--from SEED]`.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { seeds: { type: 'string' }, from: { type: 'string' } } })
const seeds = Number(values.seeds ?? 10_000)
const from = Number(values.from ?? 1)
if (!Number.isSafeInteger(seeds) || seeds < 2 || !Number.isSafeInteger(from)) {
  process.stderr.write('npm run sim:soak -- --seeds N [--from SEED], where N is a whole number from 2\n')
  process.exit(2)
}

/** The systems, and the share of the seeds that each gets: a world of the shop takes several times as long. */
const simulations: readonly (readonly [file: string, share: number])[] = [
  ['tests/simulator/bank-simulation.ts', 0.7],
  ['examples/retail/simulation.ts', 0.3]
]

let worst = 0
for (const [file, share] of simulations) {
  const args = ['sim', '--simulation', file, '--seeds', `${Math.round(seeds * share)}`, '--from', `${from}`]
  const { status } = spawnSync(process.execPath, [...process.execArgv, 'src/cli/main.ts', ...args], {
    stdio: 'inherit'
  })
  worst = Math.max(worst, status ?? 1)
}
process.exitCode = worst
