import { expect, test } from 'vitest'
import type { Clock } from '../../ports/index.ts'
import { dnsDiscovery } from './dns-discovery.ts'

/** A clock whose tasks are run by hand. */
function stillClock(): { readonly clock: Clock; readonly tasks: (() => void)[] } {
  const tasks: (() => void)[] = []
  const schedule = (_: number, task: () => void) => {
    tasks.push(task)
    return () => undefined
  }
  return { clock: { nowMs: () => 0, soon: (task) => tasks.push(task), schedule }, tasks }
}

test('addresses that are written down are given as they are, and nothing is looked up for them', async () => {
  const { clock, tasks } = stillClock()
  const urls = { sales: ['http://127.0.0.1:1', 'http://localhost:2', 'http://[::1]:3'] }
  const lookup = (): Promise<readonly string[]> => Promise.reject(new Error('It was looked up.'))
  const discovery = await dnsDiscovery({ urls, clock, lookup })
  expect(discovery.addresses('sales')).toEqual(urls.sales)
  expect([discovery.addresses('billing'), discovery.addresses('toString')]).toEqual([[], []])
  expect(tasks).toEqual([])
})

test('a name stands for all its addresses, follows their changes, and keeps the last ones when nobody can tell', async () => {
  const { clock, tasks } = stillClock()
  let answer: readonly string[] | Error = ['10.0.0.2', '10.0.0.1', 'fd00::1']
  const discovery = await dnsDiscovery({
    urls: { sales: ['http://sales.internal:4000'] },
    clock,
    lookup: async (host) => {
      expect(host).toBe('sales.internal')
      if (answer instanceof Error) throw answer
      return answer
    }
  })
  const first = ['http://10.0.0.1:4000', 'http://10.0.0.2:4000', 'http://[fd00::1]:4000']
  expect(discovery.addresses('sales')).toEqual(first)
  const next = async (): Promise<void> => {
    const before = tasks.length
    tasks.at(-1)?.()
    while (tasks.length === before) await Promise.resolve()
  }
  answer = new Error('SERVFAIL')
  await next()
  expect(discovery.addresses('sales')).toEqual(first)
  answer = ['10.0.0.3']
  await next()
  expect(discovery.addresses('sales')).toEqual(['http://10.0.0.3:4000'])
})

test('a name that cannot be looked up yet is left as it is', async () => {
  const { clock } = stillClock()
  const lookup = (): Promise<readonly string[]> => Promise.reject(new Error('ENOTFOUND'))
  const urls = { sales: ['http://sales.internal:4000'] }
  const discovery = await dnsDiscovery({ urls, clock, lookup })
  expect(discovery.addresses('sales')).toEqual(urls.sales)
})
