import type { BusPlace } from '../../../src/cli/config.ts'
import { freePort } from '../../system/child.ts'
import { type BankSurroundings, surroundingsVariable } from './bank.config.ts'
import { type BankRoom, bankServices } from './bank-room.ts'
import type { Lines } from './lines.ts'
import type { ChaosBroker } from './shape.ts'

/** Where a process of a service answers. */
export interface ProcessDoor {
  readonly service: string
  readonly process: string
  readonly port: number
}

/** Doors for so many processes of each service. */
export async function processDoors(instances: number): Promise<readonly ProcessDoor[]> {
  const doors: ProcessDoor[] = []
  for (const service of bankServices)
    for (let instance = 0; instance < instances; instance++)
      doors.push({ service, process: `${service}/${instance}`, port: await freePort() })
  return doors
}

/** A process among the others, and what it reaches. */
export interface Surroundings {
  readonly door: ProcessDoor
  readonly doors: readonly ProcessDoor[]
  readonly room: BankRoom
  readonly broker: ChaosBroker | undefined
  readonly lines: Lines
  /** Keeps apart the banks that share a broker. */
  readonly name: string
  readonly posts: string
}

/** The environment of a process: it reaches everything outside of it through lines of its own. */
export async function surroundings(around: Surroundings): Promise<Record<string, string>> {
  const { door, doors, room, broker, lines, name, posts } = around
  const { service, process } = door
  const place = await room.seenBy(process, lines)
  const bus: BusPlace = broker
    ? broker.place(await lines.add('broker', process, broker.port, broker.line), name)
    : { kind: 'feeds' }
  const urls: string[] = []
  for (const other of doors)
    if (other.service !== service)
      urls.push(`${other.service}=http://127.0.0.1:${await lines.add('feeds', process, other.port)}`)
  const said: BankSurroundings = { place, bus, posts }
  return { [surroundingsVariable]: JSON.stringify(said), SKERRY_URLS: urls.join() }
}
