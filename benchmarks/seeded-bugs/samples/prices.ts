import { contract, projection, service, stateMachine, system } from 'skerry'
import { defineSimulation } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const catalogue = contract('catalogue')
const SetPrice = catalogue.command('SetPrice', z.object({ pence: z.int().min(1) }))
const PriceSet = catalogue.event('PriceSet', z.object({ sku: z.string(), pence: z.int() }))

const campaigns = contract('campaigns')
const StartCampaign = campaigns.command('StartCampaign', z.object({ percent: z.int().min(1).max(90) }))
const EndCampaign = campaigns.command('EndCampaign', z.object({}))
const CampaignStarted = campaigns.event('CampaignStarted', z.object({ sku: z.string(), percent: z.int() }))
const CampaignEnded = campaigns.event('CampaignEnded', z.object({ sku: z.string() }))

const product = stateMachine<{ status: 'new' } | { status: 'priced'; pence: number }>('product', {
  status: 'new'
})
  .evolve(PriceSet, { to: 'priced' }, (_, { pence }) => ({ status: 'priced', pence }))
  .on(SetPrice, { from: ['new', 'priced'], emits: PriceSet }, (_, { pence }, { key: sku }) =>
    PriceSet({ sku, pence })
  )

const campaign = stateMachine<{ status: 'off' | 'on' }>('campaign', { status: 'off' })
  .evolve(CampaignStarted, { from: 'off', to: 'on' }, () => ({ status: 'on' }))
  .evolve(CampaignEnded, { from: 'on', to: 'off' }, () => ({ status: 'off' }))
  .on(StartCampaign, { from: 'off', emits: CampaignStarted }, (_, { percent }, { key: sku }) =>
    CampaignStarted({ sku, percent })
  )
  .on(EndCampaign, { from: 'on', emits: CampaignEnded }, (_, __, { key: sku }) => CampaignEnded({ sku }))

const window = contract('window')

type Row = { listPence: number; percent: number; pence: number }

const bySku = ({ sku }: { sku: string }) => sku

/** What the row says, with what it costs in the end. */
const priced = (row: Row): Row => ({ ...row, pence: Math.round((row.listPence * (100 - row.percent)) / 100) })

const price = projection<Row>('price', {
  initial: { listPence: 0, percent: 0, pence: 0 },
  indexes: ['pence']
})
  .on(PriceSet, bySku, (row, { pence }) => priced({ ...row, listPence: pence }))
  .on(CampaignStarted, bySku, (row, { percent }) => priced({ ...row, percent }))
  .on(CampaignEnded, bySku, (row) => priced({ ...row, percent: 0 }))

export const simulation = defineSimulation({
  system: () =>
    system('prices', [
      service(catalogue, [product]),
      service(campaigns, [campaign]),
      service(window, [price])
    ]),
  workload: (random) =>
    upTo(5 + random.below(12)).map(() => {
      const sku = random.pick(['lamp', 'chair', 'desk'])
      const atMs = random.below(2_000)
      if (random.chance(0.5)) return sent(SetPrice.for(sku, { pence: 100 + random.below(900) }), atMs)
      if (random.chance(0.6)) return sent(StartCampaign.for(sku, { percent: random.pick([10, 25]) }), atMs)
      return sent(EndCampaign.for(sku, {}), atMs)
    })
})
