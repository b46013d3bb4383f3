import { Failure, type ServiceDefinition } from '../core/index.ts'
import { type LogRange, type Subscriber, unitOf } from '../ports/index.ts'
import type { Call } from './call.ts'
import { type OpenedRetention, withRetention } from './open-retention.ts'
import { operator } from './operator.ts'
import { age, counted, table } from './table.ts'

/** The closed ranges that nobody of these needs, the oldest first. */
export function releasedRanges(
  ranges: readonly LogRange[],
  subscribers: readonly Pick<Subscriber, 'positions'>[]
): readonly LogRange[] {
  const lowest = Math.min(
    ...subscribers.flatMap(({ positions }) => positions.filter((at) => at !== undefined)),
    Number.POSITIVE_INFINITY
  )
  return ranges.filter(({ closed, last }) => closed && last <= lowest)
}

function said({ reportedMs }: Subscriber): string {
  return reportedMs === undefined ? '' : `${age(reportedMs)} ago`
}

function lowestOf({ positions }: Subscriber): string {
  const known = positions.filter((at) => at !== undefined)
  return known.length === 0 ? '' : `${Math.min(...known)}`
}

async function listed(call: Call, { service, retention, place }: OpenedRetention): Promise<void> {
  const [subscribers, ranges] = [await retention.subscribers(), await retention.ranges()]
  const released = releasedRanges(ranges, subscribers)
  if (call.json) {
    call.terminal.out(JSON.stringify({ service, place, subscribers, released: released.length }))
    return
  }
  const head = ['subscriber', 'lowest', 'behind', 'said']
  const rows = subscribers.map((one) => [one.name, lowestOf(one), one.lag.toLocaleString('en-GB'), said(one)])
  const lines = table([head, ...rows], call.terminal.columns, ['left', 'right', 'right'])
  const kept = `${counted(released.length, 'range')} of ${ranges.length} could be archived, as far as they are concerned.`
  call.terminal.out([...lines, kept].join('\n'))
}

/** Refuses to forget who is a part of the system as it is: it would begin again at 1. */
function checkRemovable(name: string, definition: ServiceDefinition | undefined): void {
  if (!definition) return
  const { name: service, units } = definition
  const own = name.startsWith(`${service}/`) ? unitOf(name.slice(service.length + 1)) : undefined
  if (name !== service && (own === undefined || (own !== 'inbox' && !units.has(own)))) return
  const hint = `${name} is a part of ${service} as the config has it, and would take everything a second time. Only what is gone for good is removed.`
  throw new Failure('USAGE_INVALID', { hint })
}

async function removed(
  call: Call,
  { service, retention, config, place }: OpenedRetention,
  name: string
): Promise<void> {
  const { terminal } = call
  checkRemovable(name, config.system.services.get(service))
  const [subscribers, ranges] = [await retention.subscribers(), await retention.ranges()]
  const found = subscribers.find((one) => one.name === name)
  if (!found) {
    const names = subscribers.map((one) => one.name).join(', ')
    throw new Failure('SUBSCRIBER_UNKNOWN', { hint: `${service} knows ${names || 'nobody'}, not '${name}'.` })
  }
  const before = releasedRanges(ranges, subscribers).length
  const others = subscribers.filter((one) => one !== found)
  const released = releasedRanges(ranges, others).slice(before)
  const rows = released.reduce((sum, range) => sum + range.rows, 0)
  const isDone = call.flag('yes')
  if (isDone) await retention.forget(name, operator(call))
  if (call.json) {
    terminal.out(JSON.stringify({ service, place, done: isDone, removed: found, released }))
    return
  }
  const when = found.reportedMs === undefined ? '' : `, as it said ${said(found)}`
  terminal.out(`${name} is ${counted(found.lag, 'row')} behind${when}.`)
  terminal.out(
    `Without it, ${counted(released.length, 'more range')} with ${counted(rows, 'row')} could be archived.`
  )
  if (isDone) terminal.out(`${name} is removed. If it comes back, it is known again, from then on.`)
  else terminal.out(`Nothing is changed: --yes removes it. What is not gone for good must stay.`)
}

/** `skerry subscribers`: who reads the log of a service; with `--remove` one of them is forgotten. */
export async function subscribers(call: Call): Promise<number> {
  const name = call.text('remove')
  if (name === undefined && call.flag('yes'))
    throw new Failure('USAGE_INVALID', { hint: '--yes is for --remove NAME.' })
  await withRetention(call, (opened) =>
    name === undefined ? listed(call, opened) : removed(call, opened, name)
  )
  return 0
}
