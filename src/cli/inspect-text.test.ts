import { expect, test } from 'vitest'
import type { ServiceStatus } from '../runtime/index.ts'
import { awayText, serviceText, systemText } from './inspect-text.ts'

const wide = 200

const status = (service: string, instances: ServiceStatus['instances']): ServiceStatus => ({
  service,
  state: 'running',
  published: 1_200,
  commandsQueued: 0,
  timers: 0,
  subscriptions: [],
  parked: [],
  rebuilds: [],
  instance: 'i-1',
  instances
})

const alone = status('fleet', [{ id: 'i-0', leases: ['inbox', 'bikes'] }])
const both = status('rides', [
  { id: 'i-1', url: 'http://127.0.0.1:4001', leases: ['inbox', 'ride-list'] },
  { id: 'i-2', leases: [] }
])

test('where a service has several instances, all services say how many they have', () => {
  const [, head = '', fleet = '', rides = ''] = systemText('hire', [alone, both], wide).split('\n')
  const at = head.indexOf('instances')
  expect(at).toBeGreaterThan(0)
  expect([fleet, rides].map((line) => line.slice(at, at + 'instances'.length).trim())).toEqual(['1', '2'])
  expect(systemText('hire', [alone], wide)).not.toContain('instances')
})

test('of several instances a service says what each works for', () => {
  const lines = serviceText(both, [], wide).split('\n')
  const at = lines.findIndex((line) => line.startsWith('instance '))
  expect(lines.slice(at).map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['instance', 'works for'],
    ['http://127.0.0.1:4001', 'inbox, ride-list'],
    ['i-2']
  ])
  expect(serviceText(alone, [], wide)).not.toContain('works for')
})

test('a service that is there but says nothing is not said to be away', () => {
  const failure = 'why'
  expect(awayText({ failure })).toBe('cannot be reached: why')
  expect(awayText({ failure, code: 'SERVICE_UNREACHABLE' })).toBe('cannot be reached: why')
  expect(awayText({ failure, code: 'ADMIN_REFUSED' })).toBe('runs, but does not say here how it is: why')
  expect(awayText({ failure, code: 'STORE_CORRUPT' })).toBe('serves nothing any more: why')
  expect(awayText({ failure, code: 'STORE_FULL' })).toBe('runs, but cannot use its store: why')
})
