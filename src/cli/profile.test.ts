import { expect, test } from 'vitest'
import { Failure, type SystemDefinition } from '../core/index.ts'
import { chosenProfile, type Profiles } from './profile.ts'

const system = { name: 'shop', services: new Map([['sales', {}]]) } as unknown as SystemDefinition

function refusal(profiles: Profiles | undefined, name = 'server'): string {
  try {
    chosenProfile(profiles, name, system)
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'CONFIG_INVALID') return thrown.message
    throw thrown
  }
  throw new Error('It was taken.')
}

test('without a name data are in files and news come by feeds', () => {
  const { name, bus, storeOf } = chosenProfile(
    { server: { bus: { kind: 'nats', servers: 'x' } } },
    undefined,
    system
  )
  expect([name, bus, storeOf('sales')]).toEqual([undefined, { kind: 'feeds' }, { kind: 'sqlite' }])
})

test('each service may be somewhere else', () => {
  const url = ['postgres://sales:s@a/shop', 'postgresql://sales:s@b/shop']
  const profiles: Profiles = {
    server: { store: (service) => (service === 'sales' ? { kind: 'postgres', url } : { kind: 'sqlite' }) }
  }
  const { storeOf } = chosenProfile(profiles, 'server', system)
  expect([storeOf('sales'), storeOf('other')]).toEqual([{ kind: 'postgres', url }, { kind: 'sqlite' }])
})

test('a name that there is not is refused with the one that was meant, or all that there are', () => {
  expect(refusal(undefined)).toContain("There is no profile 'server': the config has none.")
  expect(refusal({ servers: {}, nats: {} })).toContain("did you mean 'servers'?")
  expect(refusal({ alpha: {}, beta: {} })).toContain('the config has alpha, beta')
})

test.each<readonly [what: string, profiles: Profiles, says: string]>([
  [
    'a kind of store that there is not',
    { server: { store: () => ({ kind: 'oracle' }) as never } },
    "The store of sales in the profile 'server' is of the kind 'oracle', but it is one of sqlite, postgres."
  ],
  [
    'a store without an address',
    { server: { store: () => ({ kind: 'postgres' }) as never } },
    "The store of sales in the profile 'server' has no address: it looks like postgres://role:secret@host:5432/database."
  ],
  [
    'an address of something else',
    { server: { store: () => ({ kind: 'postgres', url: 'mysql://root:secret@host/db' }) } },
    "The store of sales in the profile 'server' has what is no address"
  ],
  [
    'a kind of bus that there is not',
    { server: { bus: { kind: 'rabbit' } as never } },
    "The bus in the profile 'server' is of the kind 'rabbit', but it is one of feeds, nats, kafka."
  ],
  [
    'no server of a cluster',
    { server: { bus: { kind: 'nats', servers: [] } } },
    "The bus in the profile 'server' has what is no address: it looks like nats://127.0.0.1:4222, several as an array."
  ],
  [
    'a broker without a port',
    { server: { bus: { kind: 'kafka', brokers: ['127.0.0.1'] } } },
    "The bus in the profile 'server' has what is no broker: it looks like 127.0.0.1:9092, several as an array."
  ],
  [
    'brokers with commas',
    { server: { bus: { kind: 'kafka', brokers: 'k1:9092,k2:9092' } } },
    "The bus in the profile 'server' has what is no broker: it looks like 127.0.0.1:9092, several as an array."
  ],
  [
    'a password that ends with a percent sign',
    { server: { store: () => ({ kind: 'postgres', url: 'postgres://sales:secret%@host/db' }) } },
    "The store of sales in the profile 'server' has an address with a percent sign that stands for nothing"
  ],
  [
    'a board with such a password',
    { server: { discovery: () => ({ kind: 'postgres', url: 'postgres://sales:secret%zz@host/db' }) } },
    "The discovery of sales in the profile 'server' has an address with a percent sign that stands for nothing"
  ],
  [
    'code that fails',
    {
      server: {
        store: () => {
          throw new Error('SALES_URL is not set')
        }
      }
    },
    "The store of sales in the profile 'server' cannot be told: SALES_URL is not set"
  ]
])('%s is refused by name', (_, profiles, says) => {
  const said = refusal(profiles)
  expect(said).toContain(says)
  // An address may hold a password.
  expect(said).not.toMatch(/secret.*host\/db/)
})
