import { projection } from 'skerry'
import { GoodsReturned, ReturnedGoods } from './contract.ts'

/** What came back with each return. */
export const returnedGoods = projection(ReturnedGoods, { indexes: ['customerId', 'returnedMs'] }).on(
  GoodsReturned,
  ({ returnId }) => returnId,
  (_, { returnId, customerId, items }, { timeMs }) => ({ returnId, customerId, items, returnedMs: timeMs })
)
