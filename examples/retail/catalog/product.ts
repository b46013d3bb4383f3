import { refuse, stateMachine } from 'skerry'
import {
  ListProduct,
  PriceProduct,
  ProductListed,
  ProductPriced,
  ProductRenamed,
  ProductViewed,
  ProductWithdrawn,
  RenameProduct,
  ViewProduct,
  WithdrawProduct
} from './contract.ts'

type Product =
  | { status: 'unknown' }
  | { status: 'offered' | 'withdrawn'; stockCode: string; name: string; listPence: number }

/** A product, by its stock code. A withdrawn one may be listed again. */
export const product = stateMachine<Product>('product', { status: 'unknown' })
  .evolve(ProductListed, { from: ['unknown', 'withdrawn'], to: 'offered' }, (_, listed) => ({
    status: 'offered',
    ...listed
  }))
  .evolve(ProductRenamed, { from: 'offered', to: 'offered' }, (product, { name }) => ({ ...product, name }))
  .evolve(ProductPriced, { from: 'offered', to: 'offered' }, (product, { listPence }) => ({
    ...product,
    listPence
  }))
  .evolve(ProductViewed, { from: 'offered', to: 'offered' }, (product) => product)
  .evolve(ProductWithdrawn, { from: 'offered', to: 'withdrawn' }, (product) => ({
    ...product,
    status: 'withdrawn'
  }))

  .on(
    ListProduct,
    { from: ['unknown', 'withdrawn'], emits: ProductListed },
    (_, { name, listPence }, { key }) => ProductListed({ stockCode: key, name, listPence })
  )
  .on(RenameProduct, { from: 'offered', emits: ProductRenamed }, ({ stockCode, name, listPence }, command) =>
    command.name === name
      ? refuse('same-name', `Product ${stockCode} is already called ${name}.`)
      : ProductRenamed({ stockCode, name: command.name, listPence })
  )
  .on(PriceProduct, { from: 'offered', emits: ProductPriced }, ({ stockCode, name, listPence }, command) =>
    command.listPence === listPence
      ? refuse('same-price', `Product ${stockCode} already costs ${listPence} pence.`)
      : ProductPriced({ stockCode, name, listPence: command.listPence })
  )
  .on(ViewProduct, { from: 'offered', emits: ProductViewed }, ({ stockCode }) => ProductViewed({ stockCode }))
  .on(WithdrawProduct, { from: 'offered', emits: ProductWithdrawn }, ({ stockCode, name, listPence }) =>
    ProductWithdrawn({ stockCode, name, listPence })
  )
