import { stateMachine } from 'skerry'
import { GoodsReturned, ReceiveGoods } from './contract.ts'

type GoodsBack = { status: 'expected' } | { status: 'returned' }

/** Goods that come back, by the id of their return. */
export const goodsBack = stateMachine<GoodsBack>('goods-back', { status: 'expected' })
  .evolve(GoodsReturned, { from: 'expected', to: 'returned' }, () => ({ status: 'returned' }))
  .on(ReceiveGoods, { from: 'expected', emits: GoodsReturned }, (_, command, { key }) =>
    GoodsReturned({ ...command, returnId: key })
  )
