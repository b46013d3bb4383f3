import { type } from 'arktype'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { pointerOf, type Schema, validate, validateStrictly } from './index.ts'

const pointersOf = (schema: Schema, value: unknown): string[] => {
  const checked = validateStrictly(schema, value)
  return checked.ok ? [] : checked.problems.map(({ pointer }) => pointer)
}

// One shape in three libraries: nested arrays, unions, records, optional fields, defaults and transforms.
const order: Readonly<Record<'zod' | 'valibot' | 'arktype', Schema>> = {
  zod: z.object({
    id: z.string(),
    note: z.string().optional(),
    lines: z.array(z.object({ sku: z.string(), tags: z.array(z.object({ name: z.string() })).optional() })),
    stock: z.record(z.string(), z.object({ units: z.number() })),
    payment: z.discriminatedUnion('by', [
      z.object({ by: z.literal('card'), card: z.string() }),
      z.object({ by: z.literal('invoice'), days: z.number() })
    ]),
    channel: z.string().default('shop'),
    pence: z.string().transform(Number)
  }),
  valibot: v.object({
    id: v.string(),
    note: v.optional(v.string()),
    lines: v.array(v.object({ sku: v.string(), tags: v.optional(v.array(v.object({ name: v.string() }))) })),
    stock: v.record(v.string(), v.object({ units: v.number() })),
    payment: v.variant('by', [
      v.object({ by: v.literal('card'), card: v.string() }),
      v.object({ by: v.literal('invoice'), days: v.number() })
    ]),
    channel: v.optional(v.string(), 'shop'),
    pence: v.pipe(v.string(), v.transform(Number))
  }),
  arktype: type({
    id: 'string',
    'note?': 'string',
    lines: type({ sku: 'string', 'tags?': type({ name: 'string' }).array() }).array(),
    stock: type({ '[string]': { units: 'number' } }),
    payment: type({ by: "'card'", card: 'string' }).or({ by: "'invoice'", days: 'number' }),
    channel: 'string = "shop"',
    pence: 'string.numeric.parse'
  })
}

const right = {
  id: 'o1',
  note: 'soon',
  lines: [{ sku: 'a' }, { sku: 'b', tags: [{ name: 'red' }] }],
  stock: { hall: { units: 3 }, shed: { units: 0 } },
  payment: { by: 'invoice', days: 30 },
  pence: '350'
}

describe.each(['zod', 'valibot', 'arktype'] as const)('a schema of %s', (library) => {
  const schema = order[library]

  test('gives what it makes of the value, with defaults and transforms', () => {
    expect(schema['~standard'].vendor).toBe(library)
    expect(validateStrictly(schema, right)).toEqual({
      ok: true,
      value: { ...right, channel: 'shop', pence: 350 }
    })
    expect(validate(schema, right)).toEqual({ ok: true, value: { ...right, channel: 'shop', pence: 350 } })
  })

  test.each([
    ['at the top', { ...right, extra: 1 }, ['/extra']],
    [
      'in an item of a list',
      { ...right, lines: [{ sku: 'a' }, { sku: 'b', colour: 'x' }] },
      ['/lines/1/colour']
    ],
    [
      'deep in lists',
      { ...right, lines: [{ sku: 'a', tags: [{ name: 'b', hue: 1 }] }] },
      ['/lines/0/tags/0/hue']
    ],
    ['in a record', { ...right, stock: { hall: { units: 3, rows: 1 } } }, ['/stock/hall/rows']],
    [
      'of another branch of a union',
      { ...right, payment: { by: 'invoice', days: 3, card: 'x' } },
      ['/payment/card']
    ],
    ['with a slash and a tilde', { ...right, 'a/b~c': 1 }, ['/a~1b~0c']],
    ['that holds nothing', { ...right, extra: null }, ['/extra']],
    ['several', { ...right, one: 1, lines: [{ sku: 'a', two: 2 }] }, ['/lines/0/two', '/one']]
  ])('names an unknown field %s', (_where, value, pointers) => {
    expect(pointersOf(schema, value).sort()).toEqual(pointers)
    expect(validate(schema, value).ok).toBe(true)
  })

  test('names a field called __proto__ and is not changed by it', () => {
    const value: unknown = JSON.parse(JSON.stringify(right).replace('{', '{"__proto__":{"admin":true},'))
    expect(Object.keys(value as object)).toContain('__proto__')
    expect(pointersOf(schema, value)).toEqual(['/__proto__'])
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  test('names a field that every object inherits', () => {
    expect(pointersOf(schema, { ...right, toString: 'x', constructor: 'y' }).sort()).toEqual([
      '/constructor',
      '/toString'
    ])
  })

  test('names every wrong field', () => {
    const { id: _id, ...noId } = right
    const checked = validateStrictly(schema, {
      ...noId,
      lines: [{ sku: 1 }],
      payment: { by: 'card', card: 2 }
    })
    expect(checked.ok).toBe(false)
    expect(
      pointersOf(schema, { ...noId, lines: [{ sku: 1 }], payment: { by: 'card', card: 2 } }).sort()
    ).toEqual(['/id', '/lines/0/sku', '/payment/card'])
  })

  test('takes a field that is undefined for one that is not there', () => {
    expect(pointersOf(schema, { ...right, extra: undefined })).toEqual([])
  })

  test.each([
    ['null', null],
    ['a list', []],
    ['a text', 'x'],
    ['nothing', undefined]
  ])('refuses %s', (_name, value) => {
    expect(validateStrictly(schema, value).ok).toBe(false)
  })
})

test('wrong and unknown fields are named together when a schema describes itself', () => {
  expect(pointersOf(z.object({ a: z.string() }), { a: 1, b: 2 })).toEqual(['/a', '/b'])
  expect(pointersOf(type({ a: 'string' }), { a: 1, b: 2 })).toEqual(['/a', '/b'])
})

test.each<[string, Schema, unknown, string[]]>([
  ['a loose object of zod', z.looseObject({ a: z.string() }), { a: 'x', b: 2 }, []],
  [
    'an object with a rest',
    z.object({ a: z.string() }).catchall(z.object({ n: z.number() })),
    { a: 'x', b: { n: 1, m: 2 } },
    ['/b/m']
  ],
  ['an index signature of arktype', type({ a: 'string', '[string]': 'string' }), { a: 'x', b: 'y' }, []],
  ['a loose object of valibot', v.looseObject({ a: v.string() }), { a: 'x', b: 2 }, []]
])('a schema that says it takes more fields takes them: %s', (_name, schema, value, pointers) => {
  expect(pointersOf(schema, value)).toEqual(pointers)
})

test.each<[string, Schema]>([
  ['zod', z.strictObject({ a: z.string() })],
  ['valibot', v.strictObject({ a: v.string() })],
  ['arktype', type({ '+': 'reject', a: 'string' })]
])('a schema that refuses unknown fields itself does so once: %s', (_name, schema) => {
  const checked = validateStrictly(schema, { a: 'x', b: 2 })
  expect(checked).toMatchObject({ ok: false, problems: [{ problem: expect.any(String) }] })
  expect(checked.ok ? [] : checked.problems).toHaveLength(1)
})

test('a schema that renames fields knows those it takes', () => {
  const schema = z.object({ name: z.string() }).transform(({ name }) => ({ title: name }))
  expect(validateStrictly(schema, { name: 'x' })).toEqual({ ok: true, value: { title: 'x' } })
  expect(pointersOf(schema, { name: 'x', title: 'y' })).toEqual(['/title'])
})

test('a part that describes nothing takes everything', () => {
  expect(pointersOf(z.object({ any: z.unknown() }), { any: { deep: [{ x: 1 }] } })).toEqual([])
  expect(pointersOf(type({ any: 'object' }), { any: { deep: [{ x: 1 }] } })).toEqual([])
})

test('schemas that refer to themselves, tuples and intersections are followed', () => {
  const node = z.object({
    value: z.number(),
    get next() {
      return node.optional()
    }
  })
  expect(pointersOf(node, { value: 1, next: { value: 2, next: { value: 3, odd: 1 } } })).toEqual([
    '/next/next/odd'
  ])
  const module = type.module({ node: { value: 'number', 'next?': 'node' } })
  expect(pointersOf(module.node, { value: 1, next: { value: 2, odd: 1 } })).toEqual(['/next/odd'])
  const pair = z.object({ pair: z.tuple([z.object({ a: z.number() }), z.string()]) })
  expect(pointersOf(pair, { pair: [{ a: 1, b: 2 }, 'x'] })).toEqual(['/pair/0/b'])
  const both = v.intersect([v.object({ a: v.string() }), v.object({ b: v.string() })])
  expect(pointersOf(both, { a: 'x', b: 'y' })).toEqual([])
  const maybe = z.object({ maybe: z.object({ a: z.number() }).nullable() })
  expect(pointersOf(maybe, { maybe: { a: 1, b: 2 } })).toEqual(['/maybe/b'])
})

test('a schema that cannot describe itself shows what it does not know by its output', () => {
  const schema = z.object({ at: z.date(), lines: z.array(z.object({ sku: z.string() })) })
  expect(() => schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })).toThrow()
  expect(pointersOf(schema, { at: new Date(1), lines: [{ sku: 'a', hue: 1 }], more: 1 })).toEqual([
    '/lines/0/hue',
    '/more'
  ])
})

test('an asynchronous schema fails with a code of its own', () => {
  const schema = z.string().refine(async () => true)
  const async: Schema = { '~standard': { version: 1, vendor: 'own', validate: async (value) => ({ value }) } }
  expect(() => validate(async, 'x')).toThrow('It is a schema of own.')
  expect(() => validate(schema, 'x')).toThrow(expect.objectContaining({ code: 'SCHEMA_ASYNC' }))
})

test('a JSON pointer escapes what it must and leads back to its place', () => {
  expect(pointerOf([])).toBe('')
  expect(pointerOf(['a', 0, { key: 'b/c' }, '~'])).toBe('/a/0/b~1c/~0')
  fc.assert(
    fc.property(fc.array(fc.string()), (path) => {
      const back = pointerOf(path)
        .split('/')
        .slice(1)
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      expect(back).toEqual(path)
    })
  )
})

test('exactly the fields that were put in beside the known ones are named', () => {
  const schema = z.object({
    a: z.string(),
    b: z.object({ c: z.number() }),
    d: z.array(z.object({ e: z.string() }))
  })
  const known = { a: 'x', b: { c: 1 }, d: [{ e: 'y' }, { e: 'z' }] }
  const odd = fc
    .string({ minLength: 1 })
    .filter((name) => !['a', 'b', 'c', 'd', 'e', '__proto__'].includes(name))
  fc.assert(
    fc.property(odd, odd, odd, (top, inner, item) => {
      const value = { ...known, [top]: 1, b: { c: 1, [inner]: 2 }, d: [{ e: 'y' }, { e: 'z', [item]: 3 }] }
      const expected = [pointerOf([top]), pointerOf(['b', inner]), pointerOf(['d', 1, item])]
      expect(pointersOf(schema, value).sort()).toEqual(expected.sort())
    })
  )
})
