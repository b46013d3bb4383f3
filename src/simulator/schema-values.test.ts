import { type } from 'arktype'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Schema, validate } from '../core/index.ts'
import { descriptionOf } from './described-data.ts'
import { randomStream } from './random.ts'
import { schemaValue } from './schema-values.ts'

interface Tree {
  readonly name: string
  readonly below: readonly Tree[]
}
const tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get below() {
    return z.array(tree)
  }
})

const schemas: Readonly<Record<string, Schema>> = {
  formats: z.object({
    email: z.email(),
    uuid: z.uuid(),
    at: z.iso.datetime(),
    day: z.iso.date(),
    hour: z.iso.time(),
    span: z.iso.duration(),
    url: z.url(),
    host: z.hostname(),
    ip: z.ipv4(),
    ip6: z.ipv6(),
    range: z.cidrv4(),
    phone: z.e164(),
    bytes: z.base64(),
    ulid: z.ulid(),
    nano: z.nanoid()
  }),
  texts: z.object({
    code: z.string().regex(/^[A-Z]{2}-\d{3,5}$/),
    both: z.string().startsWith('ab').endsWith('z'),
    long: z.string().min(30).max(40),
    short: z.string().max(3),
    inside: z.string().includes('zz'),
    low: z.string().lowercase(),
    mixed: z.templateLiteral(['no-', z.int().min(0)])
  }),
  numbers: z.object({
    free: z.int(),
    bounded: z.int().min(5).max(7),
    below: z.int().max(-5),
    more: z.number().positive(),
    part: z.number().gt(0).lt(1),
    fives: z.int().multipleOf(5).min(3),
    zero: z.literal(0)
  }),
  unions: z.object({
    how: z.discriminatedUnion('by', [
      z.object({ by: z.literal('card'), card: z.string().min(1) }),
      z.object({ by: z.literal('cash'), pence: z.int().positive() })
    ]),
    either: z.union([z.string().min(4), z.int().min(3), z.null()]),
    one: z.enum(['x', 'y']),
    none: z.string().nullable().optional(),
    both: z.object({ a: z.string() }).and(z.object({ b: z.int().min(9) }))
  }),
  lists: z.object({
    some: z.array(z.int()).min(2).max(3),
    pair: z.tuple([z.string(), z.boolean()]),
    table: z.record(z.string(), z.int()),
    more: z.tuple([z.string()], z.int())
  }),
  tree,
  arktype: type({
    email: 'string.email',
    uuid: 'string.uuid',
    count: '1 <= number.integer <= 9',
    one: "'x' | 'y'",
    'maybe?': 'string',
    list: 'string[] >= 1',
    code: /^[A-Z]{2}\d+$/,
    inner: { yes: 'boolean' }
  })
}

test.each(Object.keys(schemas))('every value drawn for the %s passes its schema', (name) => {
  const schema = schemas[name] as Schema
  const description = descriptionOf(schema) ?? {}
  const values = Array.from({ length: 300 }, (_, seed) =>
    schemaValue(description, { random: randomStream(seed, name) })
  )
  const refused = values
    .map((value) => ({ value, checked: validate(schema, value) }))
    .filter(({ checked }) => !checked.ok)
  expect(refused).toEqual([])
  expect(new Set(values.map((value) => JSON.stringify(value))).size).toBeGreaterThan(20)
})

test('optional fields are there and not there, and numbers are at their edges and between', () => {
  const schema = z.object({ note: z.string().optional(), count: z.int().min(0).max(50) })
  const values = Array.from({ length: 400 }, (_, seed) =>
    schema.parse(schemaValue(descriptionOf(schema) ?? {}, { random: randomStream(seed, 'edges') }))
  )
  const withNote = values.filter(({ note }) => note !== undefined).length
  expect(withNote).toBeGreaterThan(100)
  expect(withNote).toBeLessThan(300)
  const counts = new Set(values.map(({ count }) => count))
  for (const count of [0, 1, 5, 50]) expect(counts).toContain(count)
})
