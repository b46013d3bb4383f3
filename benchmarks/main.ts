import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { threads } from './experiments/benchmark.ts'
import { growth } from './growth/benchmark.ts'
import { peers } from './peers/benchmark.ts'
import { pipeline } from './pipeline/benchmark.ts'
import type { Benchmark, Shape } from './plan.ts'
import { replay } from './replay/benchmark.ts'
import { isCorrect, print } from './report.ts'
import { Scratch } from './scratch.ts'
import { seededBugs } from './seeded-bugs/benchmark.ts'
import { start } from './start/benchmark.ts'
import { store } from './store/benchmark.ts'

const benchmarks: Readonly<Record<string, Benchmark>> = { pipeline, store, replay, growth, start }
/** Compare what is with what might be; not part of `all`. */
const experiments: Readonly<Record<string, Benchmark>> = { threads }
/** Compare Skerry with others; not part of `all`, and run once unless more is asked for. */
const comparisons: Readonly<Record<string, Benchmark>> = { peers }
/** Count what is found, and not how fast something is; not part of `all`. */
const proofs: Readonly<Record<string, Benchmark>> = { 'seeded-bugs': seededBugs }

const help = `npm run bench -- NAME [--json] [--quick] [--rounds N] [--dir DIRECTORY] [--write]

  ${Object.keys(benchmarks).join(', ')}, or all of these; ${Object.keys(experiments).join(', ')}, an experiment; ${Object.keys(comparisons).join(', ')}, a comparison; ${Object.keys(proofs).join(', ')}, a proof
  --json    one line of JSON an outcome
  --quick   fewer and shorter runs: for a look, not for figures to be quoted
  --rounds  how often each case is run; the middle is reported (default 3, quick and peers 1)
  --dir     where the databases go while they are needed (default .data): it must be on the disk to be measured
  --store   sqlite (default) or postgres: where the services of the pipeline keep their data
  --bus     http (default), nats or kafka: what brings them news when each has a process of its own
  --split   a process for each service of the pipeline
  --instances  how many processes each service has (default 1); more need --split and --store postgres
  --orders  how many orders each system of peers takes (default 10000, quick 1000)
  --only    which systems of peers are run beside Skerry, by their names with commas between them
  --write   puts the figures of seeded-bugs, or of peers, into their document`

/** The shape that was asked for, if there is such a one. */
function shapeOf(asked: {
  readonly store: string
  readonly bus: string
  readonly split: boolean
  readonly instances: string
}): Shape | undefined {
  const { store, bus, split } = asked
  const instances = Number(asked.instances)
  if (store !== 'sqlite' && store !== 'postgres') return undefined
  if (bus !== 'http' && bus !== 'nats' && bus !== 'kafka') return undefined
  if (!Number.isInteger(instances) || instances < 1) return undefined
  return instances === 1 || (split && store === 'postgres') ? { store, bus, split, instances } : undefined
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    dir: { type: 'string', default: join(import.meta.dirname, '..', '.data') },
    write: { type: 'boolean', default: false },
    store: { type: 'string', default: 'sqlite' },
    bus: { type: 'string', default: 'http' },
    split: { type: 'boolean', default: false },
    instances: { type: 'string', default: '1' },
    orders: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})
const [name = ''] = positionals
const chosen =
  name === 'all'
    ? Object.values(benchmarks)
    : [benchmarks[name] ?? experiments[name] ?? comparisons[name] ?? proofs[name]]
const rounds = Number(values.rounds ?? (values.quick || name in comparisons ? 1 : 3))
const orders = values.orders === undefined ? undefined : Number(values.orders)
const shape = shapeOf(values)
if (
  values.help ||
  !shape ||
  positionals.length !== 1 ||
  !chosen[0] ||
  !Number.isInteger(rounds) ||
  rounds < 1 ||
  (orders !== undefined && !(Number.isInteger(orders) && orders > 0))
) {
  console.log(help)
  process.exit(values.help ? 0 : 2)
}

const scratch = new Scratch(values.dir)
let correct = true
try {
  for (const benchmark of chosen)
    for await (const outcome of benchmark?.({
      scratch,
      quick: values.quick,
      write: values.write,
      shape,
      rounds,
      ...(orders !== undefined && { orders }),
      ...(values.only !== undefined && { only: values.only })
    }) ?? []) {
      print(outcome, values.json)
      correct &&= isCorrect(outcome)
    }
} finally {
  scratch.remove()
}
// A goal that is missed is a fact to report; a wrong result is an error.
if (!correct) process.exitCode = 1
