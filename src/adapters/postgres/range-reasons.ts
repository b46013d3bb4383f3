import type { LogNeeds, LogRange } from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import type { OpenedStore } from './opened-store.ts'
import { plainText } from './stored-text.ts'

/** Who has not come to the end of a range, with the first partition in which that is so. */
async function subscribersBehind(
  connection: PostgresConnection,
  { subscribers, log, service }: OpenedStore,
  { last }: LogRange,
  { readers }: LogNeeds
): Promise<readonly string[]> {
  const all = await subscribers.list(connection, await log.heads(connection))
  const reasons = all.flatMap(({ name, positions }) => {
    const partition = positions.findIndex((at) => at !== undefined && at < last)
    return partition < 0
      ? []
      : [`${name} has committed ${positions[partition]} of partition ${partition}, not ${last}.`]
  })
  const known = new Set(all.map(({ name }) => name))
  const silent = [service, ...readers].filter((name) => !known.has(name))
  return [...reasons, ...silent.map((name) => `${name} has not said yet how far it is: run it once.`)]
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

async function olderStates(
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

/** Why a range cannot be archived, in sentences; empty when it can. */
export async function reasonsToKeep(
  connection: PostgresConnection,
  opened: OpenedStore,
  range: LogRange,
  needs: LogNeeds
): Promise<readonly string[]> {
  if (!range.closed) {
    const heads = await opened.log.heads(connection)
    const partition = heads.findIndex((head) => head < range.last)
    return [
      `Partition ${partition} is at ${heads[partition]}, so the range up to ${range.last} is not full yet.`
    ]
  }
  return [
    ...(await subscribersBehind(connection, opened, range, needs)),
    ...(await buildingGenerations(connection, opened)),
    ...(await olderStates(connection, opened, needs))
  ]
}
