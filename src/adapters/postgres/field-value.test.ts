import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fieldValue } from './field-value.ts'

type Field = string | number | boolean | null

const kinds = ['object', 'number', 'string', 'boolean']
const field: fc.Arbitrary<Field> = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324, 2 ** 53, Number.MAX_VALUE, -Number.MAX_VALUE),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.boolean(),
  fc.constant(null)
)

/** The order that queries promise. */
function order(left: Field, right: Field): number {
  if (typeof left !== typeof right) return kinds.indexOf(typeof left) - kinds.indexOf(typeof right)
  if (typeof left === 'string')
    return Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(String(right))))
  return Math.sign(Number(left) - Number(right)) || 0
}

test('bytes of fields are in the order of the fields', () => {
  const seen = new Set<number>()
  fc.assert(
    fc.property(field, field, (left, right) => {
      const due = Math.sign(order(left, right))
      seen.add(due)
      expect(Math.sign(Buffer.compare(fieldValue(left), fieldValue(right)))).toBe(due)
    }),
    { numRuns: 5_000 }
  )
  expect([...seen].sort()).toEqual([-1, 0, 1])
})

test('a long text stays within an index, equal to itself only', () => {
  const long = 'é'.repeat(5_000)
  expect(fieldValue(long).length).toBeLessThanOrEqual(1_024)
  expect(fieldValue(long)).toEqual(fieldValue('é'.repeat(5_000)))
  expect(fieldValue(long)).not.toEqual(fieldValue(`${long}e`))
})
