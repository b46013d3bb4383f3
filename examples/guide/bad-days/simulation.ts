import { system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { boardService } from './board.ts'
import { fleetService } from './fleet.ts'
import { partsService } from './parts.ts'
import { repairsService } from './repairs.ts'

/** What the supplier has sold, by the key of the order. */
type Orders = Record<string, string>
const bikes = ['b-1', 'b-2', 'b-3']

export default defineSimulation({
  outside: (): Orders => ({}),
  system: (orders) => {
    const supplier = {
      order: async (part: string, key: string) => {
        orders[key] = part
      }
    }
    return system('hire', [fleetService, repairsService, boardService, partsService(supplier)])
  },
  workload: (random) =>
    Array.from({ length: 30 }, (_, number) => {
      const [key, atMs] = [random.pick(bikes), number * 100]
      if (random.chance(0.2))
        return {
          service: 'fleet',
          type: 'AddBike',
          key,
          atMs,
          data: { station: random.pick(['quay', 'mill']) }
        }
      if (random.chance(0.5)) return { service: 'repairs', type: 'MendBike', key, atMs, data: {} }
      return { service: 'repairs', type: 'ReportFault', key, atMs, data: { fault: `fault ${number}` } }
    }),
  invariants: [
    invariant<Orders>('every fault has its part', ({ log, outside: orders }) => {
      const faults = log('repairs').filter(({ type }) => type === 'FaultReported')
      const parts = Object.keys(orders)
      return faults.length === parts.length || `${faults.length} faults, ${parts.length} parts.`
    })
  ],
  unreached: { 'fleet/bike: MoveBike gives BikeMoved': 'nobody moves bikes here' }
})
