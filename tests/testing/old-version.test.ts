import { contract, projection } from 'skerry'
import { given, oldVersion } from 'skerry/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { failureOf } from './caller.ts'

const sales = contract('sales')
const PriceAgreed = sales.event('PriceAgreed', z.object({ sku: z.string(), pence: z.int() }), {
  upcast: [
    (old: { sku: string; pounds: number }) => ({ sku: old.sku, amount: old.pounds * 100 }),
    ({ sku, amount }: { sku: string; amount: number }) => ({ sku, pence: amount })
  ]
})
const prices = projection<{ pence: number }>('prices').on(
  PriceAgreed,
  ({ sku }) => sku,
  (_, { pence }) => ({ pence })
)

test('an event of each older version is given as its readers get it', () => {
  given(prices, oldVersion(PriceAgreed, 1, { sku: 'a', pounds: 2 })).thenRow('a', { pence: 200 })
  given(prices, oldVersion(PriceAgreed, 2, { sku: 'a', amount: 5 })).thenRow('a', { pence: 5 })
})

test('a version that is not older than the present one is refused', () => {
  for (const version of [0, 1.5, 3, 4])
    expect(failureOf(() => oldVersion(PriceAgreed, version, { sku: 'a', pence: 1 })).message).toBe(
      `PriceAgreed has no older version ${version}; its version now is 3.`
    )
})

test('an upcaster that makes what its schema does not take is found, at the line of the call', () => {
  const { message, at } = failureOf(() => oldVersion(PriceAgreed, 1, { sku: 'a', pounds: 0.005 }))
  expect(message).toContain('The data of PriceAgreed does not fit its schema.')
  expect(message).toContain('/pence')
  expect(at).toContain('old-version.test.ts')
})
