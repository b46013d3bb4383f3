import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasMoreValues, isDeeperThan, isSuspicious, unsafePlaces } from './json-safety.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

/** Values of a text; an empty object or list counts as if something were in it. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  const parts = Object.values(value)
  return 1 + (parts.length === 0 ? 1 : parts.reduce<number>((sum, part) => sum + valuesIn(part), 0))
}

test('the values of text are counted as those of what it says, up to the bound', () => {
  let many = 0
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: 1, max: 12 }), (value, valuesMax) => {
      const values = valuesIn(value)
      if (values > valuesMax) many += 1
      expect(hasMoreValues(JSON.stringify(value), valuesMax)).toBe(values > valuesMax)
      expect(hasMoreValues(JSON.stringify(value, undefined, 2), valuesMax)).toBe(values > valuesMax)
    })
  )
  expect(many).toBeGreaterThan(0)
  expect(hasMoreValues(`"${',[{'.repeat(1_000)}\\",["`, 1)).toBe(false)
})

test('the depth of text is the depth of what it says', () => {
  let deep = 0
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat({ max: 7 }), (value, depthMax) => {
      const depth = depthOf(value)
      if (depth > 2) deep += 1
      expect(isDeeperThan(JSON.stringify(value), depthMax)).toBe(depth > depthMax)
      expect(isDeeperThan(JSON.stringify(value, undefined, 2), depthMax)).toBe(depth > depthMax)
    })
  )
  expect(deep).toBeGreaterThan(0)
})

test('text that is no JSON is measured without harm', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', 'a') }), (text) => {
      expect(typeof isDeeperThan(text, 3)).toBe('boolean')
    })
  )
  expect(isDeeperThan('['.repeat(1_000_000), 32)).toBe(true)
  expect(isDeeperThan(`"${'\\"['.repeat(100_000)}"`, 0)).toBe(false)
})

const anything = fc.jsonValue({ depthSize: 'small', stringUnit: 'binary' })
const name = fc.constantFrom('a', '__proto__', 'constructor', '\ud800', 'prototype')
const leaf = fc.oneof(
  anything,
  fc.constantFrom(
    1e21,
    2 ** 53,
    -(2 ** 53),
    2 ** 53 - 1,
    1.5,
    '\ud800',
    '\udc00x',
    '\ud83d\ude00',
    'constructor'
  )
)
const value = fc.oneof(
  leaf,
  fc.array(leaf),
  fc.array(fc.tuple(name, leaf)).map((pairs) => Object.fromEntries(pairs))
)

test('whatever has an unsafe place is looked at more closely', () => {
  let unsafe = 0
  fc.assert(
    fc.property(value, (made) => {
      const text = JSON.stringify(made)
      const places = unsafePlaces(JSON.parse(text))
      if (places.length > 0) unsafe += 1
      expect(places.length > 0 && !isSuspicious(text)).toBe(false)
    }),
    { numRuns: 2_000 }
  )
  expect(unsafe).toBeGreaterThan(100)
})

test('what is safe comes through unchanged', () => {
  fc.assert(
    fc.property(anything, (made) => {
      const text = JSON.stringify(made)
      if (unsafePlaces(JSON.parse(text)).length === 0)
        expect(JSON.stringify(JSON.parse(JSON.stringify(JSON.parse(text))))).toBe(text)
    })
  )
})

test('each unsafe place is named once, by its pointer', () => {
  const found = unsafePlaces(JSON.parse('{"a":[1,{"__proto__":{"x":1e400}}],"b/c":"\\ud800","d":1e400}'))
  expect(found.map(({ pointer }) => pointer)).toEqual(['/a/1/__proto__', '/b~1c', '/d'])
})
