import type { CommandMessage } from 'skerry'
import type { RunningSystem } from 'skerry/runtime'
import { ListProduct } from './catalog/contract.ts'
import { ReceiveStock } from './inventory/contract.ts'

/** A product of the demo: what it is listed as, and how many units the first start puts on the shelf. */
interface DemoProduct {
  readonly stockCode: string
  readonly name: string
  readonly listPence: number
  readonly units: number
  readonly location: string
}

/** Something to order in a fresh shop. The codes are those of no supplier. */
export const demoRange: readonly DemoProduct[] = [
  { stockCode: '00001', name: 'PUFFIN EGG CUP', listPence: 450, units: 500, location: 'A-01' },
  { stockCode: '00002', name: 'LIGHTHOUSE CANDLE', listPence: 1250, units: 200, location: 'A-02' },
  { stockCode: '00003', name: 'WOOLLEN TEA COSY', listPence: 1895, units: 3, location: 'B-01' }
]

/** Lists and stocks the demo's products once in the life of a shop; asked again, it does nothing. */
export async function stockDemoRange(running: RunningSystem): Promise<void> {
  const once = async ({ service, type, key, data }: CommandMessage): Promise<void> => {
    await running.service(service).send({ type, key, data, idempotencyKey: `demo:${type}:${key}` })
  }
  for (const { stockCode, name, listPence, units, location } of demoRange) {
    await once(ListProduct.for(stockCode, { name, listPence }))
    await once(ReceiveStock.for(stockCode, { quantity: units, location }))
  }
}
