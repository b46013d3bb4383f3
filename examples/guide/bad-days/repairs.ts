import { contract, service, stateMachine } from 'skerry'
import { z } from 'zod'

const repairs = contract('repairs')

export const ReportFault = repairs.command('ReportFault', z.object({ fault: z.string() }))
export const MendBike = repairs.command('MendBike', z.object({}))

export const FaultReported = repairs.event(
  'FaultReported',
  z.object({ bikeId: z.string(), fault: z.string() })
)
export const BikeMended = repairs.event('BikeMended', z.object({ bikeId: z.string() }))

type Repair = { status: 'none' } | { status: 'open'; fault: string }

const repair = stateMachine<Repair>('repair', { status: 'none' })
  .evolve(FaultReported, { from: 'none', to: 'open' }, (_, { fault }) => ({ status: 'open', fault }))
  .evolve(BikeMended, { from: 'open', to: 'none' }, () => ({ status: 'none' }))
  .on(ReportFault, { from: 'none', emits: FaultReported }, (_, { fault }, { key: bikeId }) =>
    FaultReported({ bikeId, fault })
  )
  .on(MendBike, { from: 'open', emits: BikeMended }, (_open, _data, { key: bikeId }) =>
    BikeMended({ bikeId })
  )

export const repairsService = service(repairs, [repair])
