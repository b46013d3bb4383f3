import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  binaryCloudEventOf,
  cloudEventReferenceOf,
  isCloudEventReference,
  type LogRow,
  rowOfBinaryCloudEvent
} from './index.ts'

const row: LogRow = {
  service: 'sales',
  partition: 3,
  position: 42,
  kind: 'command',
  type: 'ChargeCustomer',
  version: 2,
  unit: 'fulfilment',
  key: 'Straße "5" 100 %\n漢字 🚲',
  sequence: 7,
  previous: 9_007_199_254_740_991,
  timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  correlationId: 'correlation-1',
  causationId: 'shop:1:2',
  traceparent: '',
  to: { service: 'billing', key: '' },
  data: { text: 'ß \u2028', amount: 5 }
}

test('an event in binary mode has its attributes as printable ASCII and its data as JSON', () => {
  const { attributes, data } = binaryCloudEventOf({ ...row, to: { service: 'billing', key: 'c 1' } })
  expect(Object.fromEntries(attributes)).toEqual({
    specversion: '1.0',
    id: 'sales:3:42',
    source: '/sales',
    type: 'ChargeCustomer',
    time: '2026-01-02T03:04:05.006Z',
    subject: 'Stra%C3%9Fe%20%225%22%20100%20%25%0A%E6%BC%A2%E5%AD%97%20%F0%9F%9A%B2',
    datacontenttype: 'application/json',
    dataversion: '2',
    sequence: '0000000000000042',
    partitionkey: 'Stra%C3%9Fe%20%225%22%20100%20%25%0A%E6%BC%A2%E5%AD%97%20%F0%9F%9A%B2',
    correlationid: 'correlation-1',
    causationid: 'shop:1:2',
    kind: 'command',
    unit: 'fulfilment',
    unitsequence: '7',
    unitprevious: '9007199254740991',
    toservice: 'billing',
    tokey: 'c%201'
  })
  expect(data).toBe(JSON.stringify(row.data))
})

test('any row comes back from binary mode as it was', () => {
  const text = fc.string({ minLength: 1, maxLength: 40, unit: 'binary' })
  fc.assert(
    fc.property(text, text, fc.jsonValue(), (key, correlationId, data) => {
      const { to: _, ...some } = row
      const sent = { ...some, key, correlationId, data, replyTo: { service: 'a', unit: 'b', key, step: 'c' } }
      for (const encoding of ['percent', 'utf-8'] as const)
        expect(rowOfBinaryCloudEvent(binaryCloudEventOf(sent, encoding), encoding)).toEqual({
          ...sent,
          data: JSON.parse(JSON.stringify(data))
        })
    })
  )
})

test('where a binding wants text as it is, nothing is encoded', () => {
  for (const event of [binaryCloudEventOf(row, 'utf-8'), cloudEventReferenceOf(row, 'utf-8')])
    expect(event.attributes.get('partitionkey')).toBe(row.key)
  expect(binaryCloudEventOf({ ...row, key: 'a\ud800b' }, 'utf-8').attributes.get('subject')).toBe('a\ufffdb')
})

test('a header is printable ASCII, whatever the text, also where it is no Unicode', () => {
  let awkward = 0
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)) }),
      (key) => {
        if (/\p{Surrogate}/u.test(key)) awkward += 1
        for (const value of binaryCloudEventOf({ ...row, key }).attributes.values())
          expect(value).toMatch(/^[!-~]*$/)
      }
    ),
    { numRuns: 1_000 }
  )
  expect(awkward).toBeGreaterThan(0)
})

test('a reference has everything but the data, and says where in the feed that is', () => {
  const { to: _, ...some } = row
  const reference = cloudEventReferenceOf(some)
  expect(reference.data).toBeUndefined()
  expect(reference.attributes.get('dataref')).toBe('/sales/feed/3?after=41&limit=1')
  expect(isCloudEventReference(reference)).toBe(true)
  expect(isCloudEventReference(binaryCloudEventOf(some))).toBe(false)
  expect(rowOfBinaryCloudEvent(reference)).toEqual({ ...some, data: undefined })
})

test('what is no event in binary mode is named by its attribute', () => {
  const { to: _, ...some } = row
  const { attributes, data } = binaryCloudEventOf(some)
  const problems: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['subject', '%', data],
    ['subject', '%ff', data],
    ['dataversion', '1e3', data],
    ['unitsequence', '-1', data],
    ['sequence', '0000000000000043', data],
    ['datacontenttype', 'text/xml', data],
    ['specversion', '2.0', data],
    ['id', 'sales:3', data],
    ['data', undefined, '{'],
    ['data', undefined, '']
  ]
  for (const [attribute, value, body] of problems) {
    const changed = new Map(attributes)
    if (value !== undefined) changed.set(attribute, value)
    expect(rowOfBinaryCloudEvent({ attributes: changed, data: body })).toMatchObject({ attribute })
  }
  for (const missing of ['id', 'type', 'time', 'unit', 'subject', 'datacontenttype', 'kind'])
    expect(
      rowOfBinaryCloudEvent({
        attributes: new Map([...attributes].filter(([name]) => name !== missing)),
        data
      })
    ).toMatchObject({ attribute: missing })
})
