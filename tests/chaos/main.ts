// The faults that real machines have, done to real processes: `npm run chaos [-- --quick] [--only <fault>] [--times N]
// [--json]`. Ends with 1 when a promise was broken, when a fault did not happen, or when a control lost nothing.
import { parseArgs } from 'node:util'
import { Campaign } from './campaign.ts'
import type { Fault } from './fault.ts'
import { faults } from './faults/index.ts'
import { failuresOf, heading, jsonOf, type Reported, textOf } from './report.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    times: { type: 'string' },
    json: { type: 'boolean', default: false }
  }
})

const times = values.times === undefined ? undefined : Number(values.times)
const unknown = values.only.filter((name) => !faults.some((fault) => fault.name === name))
if (unknown.length > 0 || (times !== undefined && !(Number.isInteger(times) && times > 0))) {
  const names = faults.map(({ name, story }) => `  ${name.padEnd(16)} ${story}`).join('\n')
  console.error(`usage: chaos [--quick] [--only <fault>] [--times <how often>] [--json]\n${names}`)
  process.exit(2)
}

/** How long one fault may go on in a quick run; a repetition that has begun is brought to its end. */
const quickMs = 12_000
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
  const untilMs = values.quick ? startedMs + quickMs : Number.POSITIVE_INFINITY
  const wanted = times ?? (values.quick ? fault.times.quick : fault.times.long)
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

const skipsFail = (process.env['SKERRY_REQUIRE'] ?? '').split(',').includes('chaos')
if (!values.json) console.log(heading)
let failed = false
for (const fault of faults) {
  if (values.only.length > 0 && !values.only.includes(fault.name)) continue
  const reported = await report(fault)
  show(reported)
  failed ||= reported.verdict === 'FAILED' || (reported.verdict === 'SKIPPED' && skipsFail)
}
process.exitCode = failed ? 1 : 0
