import { projection } from 'skerry'
import { ProductListed, ProductRenamed } from '../catalog/contract.ts'
import { ProductNames } from './contract.ts'

/** What products are called now; also those that are not offered any more, for mails about old orders. */
export const productNames = projection(ProductNames)
  .on(
    ProductListed,
    { key: ({ stockCode }) => stockCode, reads: ['stockCode', 'name'] },
    (_, product) => product
  )
  .on(
    ProductRenamed,
    { key: ({ stockCode }) => stockCode, reads: ['stockCode', 'name'] },
    (_, product) => product
  )
