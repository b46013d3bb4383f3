import { stateMachine } from 'skerry'
import { MailBounced, RecordBounce, RegisterRider, RiderRegistered } from './contract.ts'

type Rider = { status: 'new' } | { status: 'registered' }

export const rider = stateMachine<Rider>('rider', { status: 'new' })
  .evolve(RiderRegistered, { from: 'new', to: 'registered' }, () => ({ status: 'registered' }))
  .evolve(MailBounced, { from: 'registered', to: 'registered' }, (current) => current)
  .on(RegisterRider, { from: 'new', emits: RiderRegistered }, (_, { email }, { key: riderId }) =>
    RiderRegistered({ riderId, email })
  )
  .on(RecordBounce, { from: 'registered', emits: MailBounced }, (_, bounce, { key: riderId }) =>
    MailBounced({ riderId, ...bounce })
  )
