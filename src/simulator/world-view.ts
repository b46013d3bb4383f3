import type { LogRow } from '../ports/index.ts'
import { type Disk, rowOf } from './disk.ts'
import type { Kept, WorldView } from './simulation.ts'

function partsOf(name: string): readonly [string, string] {
  const [service, unit, ...rest] = name.split('/')
  if (service && unit && rest.length === 0) return [service, unit]
  throw new Error(`'${name}' is not service/unit.`)
}

/** What is on the disks of a world, for whoever checks it. */
export function viewOf<Outside>(disks: ReadonlyMap<string, Disk>, outside: Outside): WorldView<Outside> {
  const diskOf = (service: string): Disk => {
    const disk = disks.get(service)
    if (disk) return disk
    throw new Error(`There is no service '${service}'; there are: ${[...disks.keys()].join(', ')}.`)
  }
  return {
    outside,
    states<State>(name: string): readonly Kept<State>[] {
      const [service, unit] = partsOf(name)
      const states = diskOf(service).states.get(unit)?.values() ?? []
      return [...states].map(({ key, text }) => ({ key, value: JSON.parse(text) as State }))
    },
    rows<Row>(name: string): readonly Kept<Row>[] {
      const [service, projection] = partsOf(name)
      const live = diskOf(service)
        .generationsOf(projection)
        .find(({ status }) => status === 'live')
      return [...(live?.rows ?? [])].map(([key, text]) => ({ key, value: JSON.parse(text) as Row }))
    },
    log: (service: string): readonly LogRow[] => diskOf(service).log.flat().map(rowOf)
  }
}
