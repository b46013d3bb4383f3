import { expect, test } from 'vitest'
import { postgresPools } from './open-store.ts'

test('connections of a service are made in time, stay open, and are kept from being forgotten on the way', async () => {
  const url = ['postgres://harbour@127.0.0.1:1/a', 'postgres://harbour@127.0.0.1:2/a']
  const pools = await postgresPools('harbour', { kind: 'postgres', url })
  expect(pools).toHaveLength(2)
  for (const { options } of pools) {
    expect(options).toMatchObject({ idleTimeoutMillis: 0, keepAlive: true })
    expect(options.connectionTimeoutMillis).toBe(30_000)
    // 0 leaves it to the system, which waits two hours.
    expect(options.keepAliveInitialDelayMillis).toBeGreaterThan(0)
    expect(options.keepAliveInitialDelayMillis).toBeLessThan(240_000)
  }
})
