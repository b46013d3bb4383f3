import { actor, contract, projection, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const meters = contract('meters')
const Install = meters.command('Install', z.object({ house: z.string() }))
const Read = meters.command('Read', z.object({ wh: z.int().min(0) }))
const MeterInstalled = meters.event('MeterInstalled', z.object({ meter: z.string(), house: z.string() }))
const MeterRead = meters.event(
  'MeterRead',
  z.object({ meter: z.string(), house: z.string(), wh: z.int(), used: z.int() })
)

type Meter = { status: 'new' } | { status: 'installed'; house: string; wh: number }

const meter = stateMachine<Meter>('meter', { status: 'new' })
  .evolve(MeterInstalled, { from: 'new', to: 'installed' }, (_, { house }) => ({
    status: 'installed',
    house,
    wh: 0
  }))
  .evolve(MeterRead, { from: 'installed', to: 'installed' }, (now, { wh }) => ({ ...now, wh }))
  .on(Install, { from: 'new', emits: MeterInstalled }, (_, { house }, { key }) =>
    MeterInstalled({ meter: key, house })
  )
  .on(Read, { from: 'installed', emits: MeterRead }, (now, { wh }, { key }) =>
    wh < now.wh
      ? refuse('backwards', 'A meter does not run backwards.')
      : MeterRead({ meter: key, house: now.house, wh, used: wh - now.wh })
  )

const billing = contract('billing')
const AddUse = billing.command('AddUse', z.object({ meter: z.string(), used: z.int() }))
const UseAdded = billing.event('UseAdded', z.object({ house: z.string(), used: z.int() }))

const account = stateMachine<{ status: 'account'; used: number }>('account', { status: 'account', used: 0 })
  .evolve(UseAdded, { to: 'account' }, (now, { used }) => ({ ...now, used: now.used + used }))
  .on(AddUse, { from: 'account', emits: UseAdded }, (_, { used }, { key: house }) =>
    UseAdded({ house, used })
  )

const reader = actor('reader').on(MeterRead, ({ house, meter, used }) => AddUse.for(house, { meter, used }))

type Row = { meters: Record<string, number>; used: number; readings: number }

const houses = projection<Row>('houses', { initial: { meters: {}, used: 0, readings: 0 } })
  .on(
    MeterInstalled,
    ({ house }) => house,
    (row, { meter }) => ({ ...row, meters: { ...row.meters, [meter]: 0 } })
  )
  .on(
    MeterRead,
    ({ house }) => house,
    (row, { meter, wh }) => ({
      meters: { ...row.meters, [meter]: wh },
      used: row.used + wh - (row.meters[meter] ?? 0),
      readings: row.readings + 1
    })
  )

const peaks = projection<{ most: number }>('peaks', { initial: { most: 0 } }).on(
  MeterRead,
  ({ house }) => house,
  (row, { used }) => ({ most: Math.max(row.most, used) })
)

export const simulation = defineSimulation({
  system: () =>
    system('meters', [service(meters, [meter, peaks]), service(billing, [account, reader, houses])]),
  workload: (random) => {
    const all = ['m-1', 'm-2', 'm-3', 'm-4'].map((key, index) => ({ key, house: `h-${1 + (index % 2)}` }))
    return [
      ...all.map(({ key, house }) => sent(Install.for(key, { house }))),
      ...upTo(6 + random.below(12)).map((number) =>
        sent(Read.for(random.pick(all).key, { wh: number * 100 + random.below(90) }), number * 100)
      )
    ]
  },
  invariants: [
    invariant('a house is billed what its meters show', ({ states }) => {
      const shown = states<Meter>('meters/meter').map(({ value }) =>
        value.status === 'installed' ? value.wh : 0
      )
      const due = shown.reduce((sum, wh) => sum + wh, 0)
      const billed = states<{ used: number }>('billing/account').reduce(
        (sum, { value }) => sum + value.used,
        0
      )
      return due === billed || `${due} Wh are shown, ${billed} are billed.`
    })
  ]
})
