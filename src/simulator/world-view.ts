import type { SystemDefinition, Unit } from '../core/index.ts'
import type { LogRow } from '../ports/index.ts'
import { type Disk, rowOf } from './disk.ts'
import type { Kept, WorldView } from './simulation.ts'

function partsOf(name: string): readonly [string, string] {
  const [service, unit, ...rest] = name.split('/')
  if (service && unit && rest.length === 0) return [service, unit]
  throw new Error(`'${name}' is not service/unit.`)
}

/** What is on the disks of a world, for whoever checks it. */
export function viewOf<Outside>(
  { services }: SystemDefinition,
  disks: ReadonlyMap<string, Disk>,
  outside: Outside
): WorldView<Outside> {
  const diskOf = (service: string): Disk => {
    const disk = disks.get(service)
    if (disk) return disk
    throw new Error(`There is no service '${service}'; there are: ${[...disks.keys()].join(', ')}.`)
  }
  /** A name that is nothing would be an empty list, of which everything holds. */
  const partOf = (name: string, kinds: readonly Unit['kind'][]): readonly [Disk, string] => {
    const [service, unit] = partsOf(name)
    const disk = diskOf(service)
    const there = [...(services.get(service)?.units.values() ?? [])].filter(({ kind }) =>
      kinds.includes(kind)
    )
    if (there.some((each) => each.name === unit)) return [disk, unit]
    const names = there.map((each) => `${service}/${each.name}`).join(', ')
    throw new Error(`There is no '${name}' among these: ${names}.`)
  }
  return {
    outside,
    states<State>(name: string): readonly Kept<State>[] {
      const [disk, unit] = partOf(name, ['state-machine', 'process-manager'])
      const states = disk.states.get(unit)?.values() ?? []
      return [...states].map(({ key, text }) => ({ key, value: JSON.parse(text) as State }))
    },
    rows<Row>(name: string): readonly Kept<Row>[] {
      const [disk, projection] = partOf(name, ['projection'])
      const live = disk.generationsOf(projection).find(({ status }) => status === 'live')
      return [...(live?.rows ?? [])].map(([key, text]) => ({ key, value: JSON.parse(text) as Row }))
    },
    log: (service: string): readonly LogRow[] => diskOf(service).log.flat().map(rowOf)
  }
}
