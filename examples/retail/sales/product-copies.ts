import { type DataOf, projection } from 'skerry'
import { ProductListed, ProductPriced, ProductRenamed, ProductWithdrawn } from '../catalog/contract.ts'
import { ProductCopies } from './contract.ts'

type Product = DataOf<typeof ProductListed>

const copy = ({ stockCode, name, listPence }: Product, offered: boolean): DataOf<typeof ProductCopies> => ({
  stockCode,
  name,
  listPence,
  offered
})

/** What products are called and listed at, so that the order desk can show them when the catalogue is away. */
export const productCopies = projection(ProductCopies, { indexes: ['name', 'offered'] })
  .on(
    ProductListed,
    ({ stockCode }) => stockCode,
    (_, event) => copy(event, true)
  )
  .on(
    ProductRenamed,
    ({ stockCode }) => stockCode,
    (_, event) => copy(event, true)
  )
  .on(
    ProductPriced,
    ({ stockCode }) => stockCode,
    (_, event) => copy(event, true)
  )
  .on(
    ProductWithdrawn,
    ({ stockCode }) => stockCode,
    (_, event) => copy(event, false)
  )
