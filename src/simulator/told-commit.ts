import { type Flow, flowsOf, type SystemDefinition } from '../core/index.ts'
import type { Batch, LogRow, ParkedStatus } from '../ports/index.ts'
import type { Disk } from './disk.ts'
import type { Episode } from './history.ts'

/** What is told of a service's subscription: the part that hears, and whether it is rebuilt meanwhile. */
function heardBy(subscription: string): readonly [unit: string, told: string] {
  const [unit = subscription, generation] = subscription.split('@')
  return [unit, generation === undefined ? unit : `${unit}, rebuilt`]
}

const parkedAs: Readonly<Record<ParkedStatus, string>> = {
  pending: 'to be carried out',
  retrying: 'failed, to be tried again',
  behind: 'waits behind an earlier one',
  dead: 'a dead letter'
}

type Place = Pick<LogRow, 'service' | 'partition' | 'position'>

const placeOf = (subscription: string, { service, partition, position }: Place): string =>
  `${subscription} ${service} ${partition} ${position}`

/** What a service has heard by a commit, from whom and in which part; `flows` are those that lead to it. */
function heard(
  flows: readonly Flow[],
  disks: ReadonlyMap<string, Disk>,
  batch: Batch
): readonly { readonly from: string; readonly text: string }[] {
  const parked = new Map(
    batch.parked.map((each) => [placeOf(each.subscription, each.message as LogRow), each.status])
  )
  return batch.checkpoints.flatMap(({ subscription, source, partition, from, to }) => {
    const [unit, told] = heardBy(subscription)
    const events = new Set(
      flows.filter((flow) => flow.from === source && flow.unit === unit).map((flow) => flow.event)
    )
    const rows = disks.get(source)?.log[partition]?.slice(from, to) ?? []
    return rows
      .filter(({ kind, type }) => kind === 'event' && events.has(type))
      .map((row) => {
        const status = parked.get(placeOf(subscription, row))
        const text = `${row.type} ${row.key} (${told}${status ? `, ${parkedAs[status]}` : ''})`
        return { from: source, text }
      })
  })
}

/** What a commit says to a reader of the history: what the service heard, and then what it said. */
export function toldCommit(
  system: SystemDefinition,
  disks: ReadonlyMap<string, Disk>,
  service: string,
  batch: Batch,
  atMs: number
): readonly Episode[] {
  const flows = flowsOf(system).filter(({ to }) => to === service)
  return [
    ...heard(flows, disks, batch).map(
      ({ from, text }): Episode => ({ kind: 'heard', service, from, text, atMs })
    ),
    ...batch.log.map(
      ({ kind, type, key, to }): Episode => ({
        kind: 'said',
        service,
        to: to?.service,
        text: `${kind === 'refusal' ? 'refused ' : ''}${type} ${to?.key ?? key}`,
        atMs
      })
    )
  ]
}
