import type { SeededRandom } from './seeded-random.ts'

export interface MadeUpProduct {
  readonly stockCode: string
  readonly description: string
  readonly price: string
}

export interface MadeUpCustomer {
  readonly customerId: string
  readonly country: string
}

/** A shop that never was: what it sells, and to whom. */
export interface MadeUpShop {
  /** Some products sell far more often than others. */
  product(): MadeUpProduct
  customer(): MadeUpCustomer
  guest(): MadeUpCustomer
}

const colours = [
  'RED',
  'IVORY',
  'SLATE',
  'MINT',
  'COPPER',
  'ROSE',
  'NAVY',
  'STRIPED',
  'SPOTTY',
  'PLAIN'
] as const
const stuffs = ['TIN', 'GLASS', 'WOOL', 'OAK', 'PAPER', 'CERAMIC', 'WICKER', 'LINEN', 'ENAMEL'] as const
const things = [
  'TEA CADDY',
  'PLANT POT',
  'CANDLE STAND',
  'CAKE PLATE',
  'DOOR MAT',
  'LUNCH BAG',
  'EGG CUP',
  'BUNTING',
  'WALL CLOCK',
  'PICTURE FRAME 7" WIDE',
  'BOX, SET OF 3',
  'SIGN "HOME"',
  'PLAY MONEY £1',
  'NAPKINS '
] as const
const abroad = [
  'Germany',
  'France',
  'EIRE',
  'Norway',
  'Netherlands',
  'Belgium',
  'Japan',
  'Unspecified'
] as const

const productCount = 2400
const customerCount = 480

export function madeUpShop(random: SeededRandom): MadeUpShop {
  const products: MadeUpProduct[] = []
  for (let number = 0; number < productCount; number += 1) {
    // Variants of one article share the five digits and differ by a letter.
    const suffix = random.chance(0.15) ? random.pick(['A', 'B', 'C', 'S']) : ''
    products.push({
      stockCode: `${20_000 + number * 3}${suffix}`,
      description: `${random.pick(colours)} ${random.pick(stuffs)} ${random.pick(things)}`,
      price: pounds(random.chance(0.06) ? random.between(1300, 16_500) : random.between(19, 1295))
    })
  }
  const customers: MadeUpCustomer[] = []
  for (let number = 0; number < customerCount; number += 1) {
    const country = random.chance(0.08) ? random.pick(abroad) : 'United Kingdom'
    customers.push({ customerId: String(12_346 + number * 11), country })
  }
  const often = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(items.length * random.fraction() * random.fraction())]
    if (item === undefined) throw new RangeError('the shop has nothing to pick from')
    return item
  }
  return {
    product: () => often(products),
    customer: () => often(customers),
    guest: () => ({ customerId: '', country: random.chance(0.03) ? random.pick(abroad) : 'United Kingdom' })
  }
}

/** As the format writes prices: 210 pence is `2.1`. */
export function pounds(pence: number): string {
  return String(pence / 100)
}
