// The faults that real machines, servers and networks have, done to real processes: `npm run chaos [-- --quick]
// [--shape <shape>] [--only <fault>] [--times N] [--json]`. Ends with 1 when a promise was broken, when a fault did not happen, or when a control lost nothing.
import { parseArgs } from 'node:util'
import { Campaign } from './campaign.ts'
import { type Fault, oneProcess } from './fault.ts'
import { faults as faultsOfAProcess } from './faults/index.ts'
import { failuresOf, heading, jsonOf, type Reported, textOf } from './report.ts'
import { faultsOfShapes, shapes } from './shapes/index.ts'

const faults = [...faultsOfAProcess, ...faultsOfShapes]
const shapeOf = ({ shape = oneProcess }: Fault): string => shape
const shapeNames = [oneProcess, ...shapes.map(({ name }) => name)]

function misunderstood(): never {
  const names = faults.map(({ name, story }) => `  ${name.padEnd(24)} ${story}`).join('\n')
  console.error(
    `usage: chaos [--quick] [--shape ${shapeNames.join('|')}] [--only <fault>] [--times <how often>] [--json]\n${names}`
  )
  process.exit(2)
}

const options = {
  quick: { type: 'boolean', default: false },
  shape: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  times: { type: 'string' },
  json: { type: 'boolean', default: false }
} as const

function given(): ReturnType<typeof parseArgs<{ options: typeof options }>>['values'] {
  try {
    return parseArgs({ options }).values
  } catch {
    return misunderstood()
  }
}

const values = given()
const { shape: shapesWanted = [], only = [] } = values

/** A fault is called by its whole name, or by that which it has in every shape. */
const isCalled = (fault: Fault, called: string): boolean =>
  fault.name === called || fault.name === `${shapeOf(fault)}:${called}`

const times = values.times === undefined ? undefined : Number(values.times)
const unknown = [
  ...only.filter((called) => !faults.some((fault) => isCalled(fault, called))),
  ...shapesWanted.filter((shape) => !shapeNames.includes(shape))
]
if (unknown.length > 0 || (times !== undefined && !(Number.isInteger(times) && times > 0))) misunderstood()

/** How long one fault may go on in a quick run, if it says nothing else. */
const quickMsDefault = 12_000
/** What of the violations of one fault is printed. */
const shownMax = 5
const shownLength = 1_500

let underWay: Campaign | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    const cleared = underWay?.grounds.clear() ?? Promise.resolve([])
    void cleared.finally(() => process.exit(130))
  })

async function report(fault: Fault): Promise<Reported> {
  const startedMs = performance.now()
  const seconds = (): number => (performance.now() - startedMs) / 1_000
  const reason = fault.missing()
  if (reason !== undefined) return { fault, verdict: 'SKIPPED', reason, seconds: seconds() }
  const untilMs = values.quick ? startedMs + (fault.quickMs ?? quickMsDefault) : Number.POSITIVE_INFINITY
  const wanted = times ?? (values.quick ? Math.max(1, fault.times.quick) : fault.times.long)
  const campaign = new Campaign({ times: wanted, untilMs })
  underWay = campaign
  try {
    await fault.run(campaign)
  } catch (thrown) {
    campaign.violated(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))
  }
  for (const problem of await campaign.grounds.clear()) campaign.violated(`left behind: ${problem}`)
  underWay = undefined
  const { outcome } = campaign
  const failed = failuresOf(fault, outcome).length > 0
  return { fault, verdict: failed ? 'FAILED' : 'ok', seconds: seconds(), outcome }
}

function show(reported: Reported): void {
  console.log(values.json ? jsonOf(reported) : textOf(reported))
  if (!reported.outcome || reported.verdict === 'ok') return
  for (const failure of failuresOf(reported.fault, reported.outcome).slice(0, shownMax))
    console.error(failure.slice(0, shownLength).replace(/^/gm, '    '))
}

const required = (process.env['SKERRY_REQUIRE'] ?? '').split(',').map((each) => each.trim())
const isRequired = ({ servers = [] }: Fault): boolean =>
  required.includes('chaos') || (servers.length > 0 && servers.every((name) => required.includes(name)))

/** Whether it was asked for: by its name, by its shape, or by nothing; some are only for long runs. */
function isWanted(fault: Fault): boolean {
  if (shapesWanted.length > 0 && !shapesWanted.includes(shapeOf(fault))) return false
  if (only.length > 0) return only.some((called) => isCalled(fault, called))
  return !values.quick || fault.times.quick > 0
}

if (!values.json) console.log(heading)
let failed = false
for (const fault of faults.filter(isWanted)) {
  const reported = await report(fault)
  show(reported)
  failed ||= reported.verdict === 'FAILED' || (reported.verdict === 'SKIPPED' && isRequired(fault))
}
process.exitCode = failed ? 1 : 0
