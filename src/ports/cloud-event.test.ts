import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CloudEvent, cloudEventOf, type LogRow, rowOfCloudEvent } from './index.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/)
const text = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
const textOrEmpty = fc.string({ maxLength: 30, unit: 'grapheme' })
const position = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })

const rows: fc.Arbitrary<LogRow> = fc.record(
  {
    service: name,
    partition: fc.nat({ max: 1_023 }),
    position,
    kind: fc.constantFrom('event', 'command', 'refusal'),
    type: fc.stringMatching(/^[A-Z][A-Za-z]{0,20}$/),
    version: fc.integer({ min: 1, max: 1_000 }),
    unit: name,
    key: text,
    sequence: fc.nat(),
    previous: fc.oneof(fc.constant(0), position),
    timeMs: fc.integer({ min: 0, max: Date.UTC(9999, 0) }),
    correlationId: textOrEmpty,
    causationId: textOrEmpty,
    traceparent: textOrEmpty,
    to: fc.oneof(
      fc.record({ service: name, key: text }),
      fc.record({ service: name, unit: name, key: text })
    ),
    replyTo: fc.record({ service: name, unit: name, key: text, step: name }),
    data: fc.jsonValue()
  },
  {
    requiredKeys: [
      'service',
      'partition',
      'position',
      'kind',
      'type',
      'version',
      'unit',
      'key',
      'sequence',
      'previous',
      'timeMs',
      'correlationId',
      'causationId',
      'traceparent',
      'data'
    ]
  }
)

const row: LogRow = {
  service: 'sales',
  partition: 3,
  position: 42,
  kind: 'command',
  type: 'ChargeCustomer',
  version: 2,
  unit: 'fulfilment',
  key: 'order-7',
  sequence: 4,
  previous: 40,
  timeMs: 1_767_225_600_042,
  correlationId: 'c-1',
  causationId: 'sales:3:41',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  to: { service: 'billing', unit: 'account', key: 'customer-1' },
  replyTo: { service: 'sales', unit: 'fulfilment', key: 'order-7', step: 'charge' },
  data: { pence: 1_250 }
}

test('a row comes back from its CloudEvent as it was, through JSON', () => {
  fc.assert(
    fc.property(rows, (each) => {
      const json = JSON.stringify(cloudEventOf(each))
      expect(rowOfCloudEvent(JSON.parse(json))).toEqual(JSON.parse(JSON.stringify(each)))
    }),
    { numRuns: 1_000 }
  )
})

test('a CloudEvent has the attributes that the specification asks for, and names that it allows', () => {
  const event: CloudEvent = cloudEventOf(row)
  expect(event).toEqual({
    specversion: '1.0',
    id: 'sales:3:42',
    source: '/sales',
    type: 'ChargeCustomer',
    time: '2026-01-01T00:00:00.042Z',
    subject: 'order-7',
    datacontenttype: 'application/json',
    dataversion: 2,
    sequence: '0000000000000042',
    partitionkey: 'order-7',
    correlationid: 'c-1',
    causationid: 'sales:3:41',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    kind: 'command',
    unit: 'fulfilment',
    unitsequence: 4,
    unitprevious: '40',
    toservice: 'billing',
    tounit: 'account',
    tokey: 'customer-1',
    replyservice: 'sales',
    replyunit: 'fulfilment',
    replykey: 'order-7',
    replystep: 'charge',
    data: { pence: 1_250 }
  })
  for (const attribute of Object.keys(event)) expect(attribute).toMatch(/^[a-z0-9]{1,20}$/)
})

test('the sequence sorts as text in the order of the positions', () => {
  const positions = [1, 2, 9, 10, 99, 100, 2 ** 31, Number.MAX_SAFE_INTEGER]
  const sequences = positions.map((at) => cloudEventOf({ ...row, position: at }).sequence)
  expect(sequences.toSorted()).toEqual(sequences)
})

test('attributes that are not known, and those that are null, are passed over', () => {
  const event = {
    ...cloudEventOf(row),
    someextension: 'x',
    dataschema: 'https://example.org/schema',
    tounit: null
  }
  expect(rowOfCloudEvent(event)).toEqual({ ...row, to: { service: 'billing', key: 'customer-1' } })
})

const broken: readonly [attribute: string, change: Readonly<Record<string, unknown>>, problem: RegExp][] = [
  ['specversion', { specversion: '0.3' }, /'1.0'/],
  ['id', { id: undefined }, /missing/],
  ['id', { id: 'sales:3' }, /whole number/],
  ['id', { id: 'sales:3:42:1' }, /service:partition:position/],
  ['id', { id: 'sales:3:0' }, /whole number from 1/],
  ['id', { id: 'sales:-1:42' }, /whole number from 0/],
  ['id', { id: ':3:42' }, /service:partition:position/],
  ['source', { source: '/billing' }, /'\/sales'/],
  ['sequence', { sequence: '0000000000000043' }, /position/],
  ['sequence', { sequence: 42 }, /not a text/],
  ['type', { type: '' }, /not a text/],
  ['dataversion', { dataversion: '2' }, /whole number from 1/],
  ['dataversion', { dataversion: 0 }, /whole number from 1/],
  ['subject', { subject: undefined }, /missing/],
  ['time', { time: 'today' }, /RFC 3339/],
  ['kind', { kind: 'rumour' }, /'event', 'command' or 'refusal'/],
  ['unit', { unit: 7 }, /not a text/],
  ['unitsequence', { unitsequence: 1.5 }, /whole number/],
  ['unitprevious', { unitprevious: 'x' }, /whole number/],
  ['tokey', { tokey: undefined }, /missing/],
  ['replystep', { replystep: undefined }, /missing/],
  ['traceparent', { traceparent: 1 }, /not a text/]
]

test.each(broken)('what is wrong with %s is told: %j', (attribute, change, problem) => {
  const found = rowOfCloudEvent(JSON.parse(JSON.stringify({ ...cloudEventOf(row), ...change })))
  expect(found).toEqual({ attribute, problem: expect.stringMatching(problem) })
})

test.each([null, 'text', 7, [], true])('%j is no CloudEvent', (value) => {
  expect(rowOfCloudEvent(value)).toEqual({ attribute: '', problem: 'is not a JSON object' })
})
