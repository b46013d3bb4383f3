import { expect, test } from 'vitest'
import { z } from 'zod'
import { contract, projection } from '../core/index.ts'
import { fieldKinds, valueOfText } from './field-kinds.ts'

const row = z.object({
  name: z.string(),
  count: z.int(),
  share: z.number().nullable(),
  open: z.boolean().optional(),
  status: z.enum(['a', 'b']),
  kind: z.literal(7),
  either: z.union([z.string(), z.number()]),
  date: z.union([z.literal('x'), z.literal('y')])
})

test('what a field holds is read off the schema of its rows', () => {
  const indexes = ['name', 'count', 'share', 'open', 'status', 'kind', 'either', 'date'] as const
  const kinds = fieldKinds(projection(contract('sales').query('rows', row), { indexes }))
  expect(Object.fromEntries(kinds)).toEqual({
    key: 'text',
    name: 'text',
    count: 'number',
    share: 'number',
    open: 'boolean',
    status: 'text',
    kind: 'number',
    either: 'unknown',
    date: 'text'
  })
})

test('without a schema it is read off the row to begin with, else it is not known', () => {
  const initial = { count: 0, name: '', open: false, other: null }
  const kinds = fieldKinds(projection('rows', { initial, indexes: ['count', 'name', 'open', 'other'] }))
  expect([...kinds.values()]).toEqual(['text', 'number', 'text', 'boolean', 'unknown'])
  expect(fieldKinds(projection<{ a: string }>('rows', { indexes: ['a'] })).get('a')).toBe('unknown')
})

test('a text is the value that its kind makes of it, or none', () => {
  expect(valueOfText('12', 'text')).toBe('12')
  expect(valueOfText('-1.5', 'number')).toBe(-1.5)
  for (const text of ['', ' ', 'x', '1x', 'NaN', 'Infinity', '1e999'])
    expect(valueOfText(text, 'number')).toBeUndefined()
  expect(valueOfText('true', 'boolean')).toBe(true)
  for (const text of ['', 'TRUE', '1']) expect(valueOfText(text, 'boolean')).toBeUndefined()
})

test('a text of no known kind is what it looks like, and text in quotes', () => {
  expect(valueOfText('12', 'unknown')).toBe(12)
  expect(valueOfText('false', 'unknown')).toBe(false)
  expect(valueOfText('"12"', 'unknown')).toBe('12')
  expect(valueOfText('twelve', 'unknown')).toBe('twelve')
  expect(valueOfText('', 'unknown')).toBe('')
})
