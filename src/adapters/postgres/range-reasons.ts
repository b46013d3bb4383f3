import type { LogNeeds, LogRange, Subscriber } from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import type { OpenedStore } from './opened-store.ts'
import { plainText } from './stored-text.ts'

/** What is looked at once for all ranges. */
interface Known {
  readonly heads: readonly number[]
  readonly subscribers: readonly Subscriber[]
  /** What holds every range. */
  readonly always: readonly string[]
}

async function buildingGenerations(
  connection: PostgresConnection,
  { schema }: OpenedStore
): Promise<readonly string[]> {
  const { rows } = await connection.query(
    `SELECT projection FROM ${schema}.generation WHERE status = 'building' ORDER BY 1`
  )
  return rows.map((row) => `${plainText(row['projection'])} is being rebuilt, and may read all of the log.`)
}

/** What of the states may need a log: those that were folded by another revision of their machine. */
export async function olderStates(
  connection: PostgresConnection,
  { states, service }: OpenedStore,
  { machines }: LogNeeds
): Promise<readonly string[]> {
  const others = await states.otherRevisions(connection, machines)
  return [...others]
    .filter(([, count]) => count > 0)
    .map(
      ([unit, count]) =>
        `${count} states of ${unit} were folded by another revision than ${machines.get(unit)}, and may need the log: skerry rebuild ${service}/${unit}.`
    )
}

async function known(
  connection: PostgresConnection,
  opened: OpenedStore,
  needs: LogNeeds,
  older: readonly string[]
): Promise<Known> {
  const heads = await opened.log.heads(connection)
  const subscribers = await opened.subscribers.list(connection, heads)
  const names = new Set(subscribers.map(({ name }) => name))
  const silent = [opened.service, ...needs.readers].filter((name) => !names.has(name))
  const always = [
    ...silent.map((name) => `${name} has not said yet how far it is: run it once.`),
    ...(await buildingGenerations(connection, opened)),
    ...older
  ]
  return { heads, subscribers, always }
}

function reasonsOf({ heads, subscribers, always }: Known, { last, closed }: LogRange): readonly string[] {
  if (!closed) {
    const partition = heads.findIndex((head) => head < last)
    return [`Partition ${partition} is at ${heads[partition]}, so the range up to ${last} is not full yet.`]
  }
  const behind = subscribers.flatMap(({ name, positions }) => {
    const partition = positions.findIndex((at = 0) => at < last)
    if (partition < 0) return []
    return [`${name} has committed ${positions[partition] ?? 0} of partition ${partition}, not ${last}.`]
  })
  return [...behind, ...always]
}

/** Why each of these ranges cannot be archived, in sentences; empty for one that can. `older` is what states need. */
export async function reasonsToKeep(
  connection: PostgresConnection,
  opened: OpenedStore,
  ranges: readonly LogRange[],
  needs: LogNeeds,
  older: readonly string[]
): Promise<readonly (readonly string[])[]> {
  const all = await known(connection, opened, needs, older)
  return ranges.map((range) => reasonsOf(all, range))
}
