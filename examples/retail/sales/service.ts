import { service } from 'skerry'
import { sales } from './contract.ts'
import { goodsReturn } from './goods-return.ts'
import { order } from './order.ts'
import { orderDesk } from './order-desk.ts'
import { orderHistory } from './order-history.ts'
import { orderLines } from './order-lines.ts'
import { orderTotals } from './order-totals.ts'
import { productCopies } from './product-copies.ts'
import { returns } from './returns.ts'

/** Orders and returns: what customers want, and how far the shop has come with it. */
export const salesService = service(sales, [
  order,
  goodsReturn,
  orderDesk,
  orderHistory,
  orderLines,
  orderTotals,
  returns,
  productCopies
])
