import { service } from 'skerry'
import { catalog } from './contract.ts'
import { product } from './product.ts'
import { products } from './products.ts'

/** What the shop offers, and at which list price. */
export const catalogService = service(catalog, [product, products])
