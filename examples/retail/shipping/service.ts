import { service } from 'skerry'
import { shipping } from './contract.ts'
import { dispatcher } from './dispatcher.ts'
import { goodsBack } from './goods-back.ts'
import { productUnits } from './product-units.ts'
import { returnedGoods } from './returned-goods.ts'
import { shipment } from './shipment.ts'
import { shipments } from './shipments.ts'

/** What leaves the house and what comes back. */
export const shippingService = service(shipping, [
  shipment,
  goodsBack,
  dispatcher,
  shipments,
  returnedGoods,
  productUnits
])
