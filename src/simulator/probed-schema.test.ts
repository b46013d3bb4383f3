import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Schema } from '../core/index.ts'
import { probedDescription } from './probed-schema.ts'

const field = (schema: v.GenericSchema): unknown => {
  const described = probedDescription(v.object({ it: schema }))
  return (described?.['properties'] as Record<string, unknown> | undefined)?.['it']
}

test('what a schema asks for is found out by asking it', () => {
  expect(field(v.string())).toEqual({ type: 'string' })
  expect(field(v.pipe(v.string(), v.email()))).toEqual({ type: 'string', format: 'email' })
  expect(field(v.pipe(v.string(), v.isoTimestamp()))).toEqual({ type: 'string', format: 'date-time' })
  expect(field(v.pipe(v.string(), v.regex(/^[A-Z]{2}\d{3}$/)))).toEqual({
    type: 'string',
    pattern: '^[A-Z]{2}\\d{3}$'
  })
  expect(field(v.pipe(v.string(), v.minLength(13)))).toEqual({ type: 'string', minLength: 13, maxLength: 13 })
  expect(field(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)))).toEqual({ enum: [1, 2, 3, 5] })
  expect(field(v.pipe(v.number(), v.minValue(77)))).toEqual({ enum: [77, 100, 1000] })
  expect(field(v.picklist(['cash', 'card']))).toEqual({ enum: ['cash', 'card'] })
  expect(field(v.literal(7))).toEqual({ enum: [7] })
  expect(field(v.boolean())).toEqual({ enum: [true, false] })
})

test('parts of parts are found out', () => {
  expect(field(v.array(v.object({ code: v.string(), many: v.boolean() })))).toEqual({
    type: 'array',
    minItems: 1,
    items: {
      type: 'object',
      properties: { code: { type: 'string' }, many: { enum: [true, false] } },
      required: ['code', 'many']
    }
  })
  expect(field(v.tuple([v.string(), v.boolean()]))).toEqual({
    type: 'array',
    prefixItems: [{ type: 'string' }, { enum: [true, false] }],
    items: false
  })
  const card = v.object({ by: v.literal('card'), card: v.string() })
  expect(field(v.variant('by', [card, v.object({ by: v.literal('cash') })]))).toMatchObject({
    type: 'object',
    properties: { by: { enum: ['card', 'cash'] }, card: { type: 'string' } }
  })
})

test('a schema of any library can be asked', () => {
  const schema = z.object({ at: z.coerce.date(), many: z.array(z.enum(['a', 'b'])).min(1) })
  expect(probedDescription(schema as Schema)).toMatchObject({
    properties: { at: { enum: expect.arrayContaining([0, 1]) }, many: { type: 'array' } }
  })
})

test('a schema that takes nothing simple is given up', () => {
  expect(probedDescription(v.object({ it: v.custom<string>((it) => it === 'open sesame') }))).toBeUndefined()
})
