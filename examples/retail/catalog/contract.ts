import { contract } from 'skerry'
import { z } from 'zod'

export const catalog = contract('catalog')

const stockCode = z.string().min(1).max(40)
const name = z.string().min(1).max(200)
const pence = z.int().min(0).max(100_000_000)

const Product = z.object({ stockCode, name, listPence: pence })

/** A product is offered from now on, under this name and at this list price. */
export const ProductListed = catalog.event('ProductListed', Product)
/** The product goes by this name from now on. */
export const ProductRenamed = catalog.event('ProductRenamed', Product)
/** The product has this list price from now on. */
export const ProductPriced = catalog.event('ProductPriced', Product)
/** Somebody looked at the product. */
export const ProductViewed = catalog.event('ProductViewed', z.object({ stockCode }))
/** The product is not offered any more. */
export const ProductWithdrawn = catalog.event('ProductWithdrawn', Product)

/** Key: the stock code. */
export const ListProduct = catalog.command('ListProduct', z.object({ name, listPence: pence }))
export const RenameProduct = catalog.command('RenameProduct', z.object({ name }))
export const PriceProduct = catalog.command('PriceProduct', z.object({ listPence: pence }))
export const ViewProduct = catalog.command('ViewProduct', z.object({}))
export const WithdrawProduct = catalog.command('WithdrawProduct', z.object({}))

/** What is offered, by stock code. */
export const Products = catalog.query('products', Product.extend({ views: z.int(), offered: z.boolean() }))
