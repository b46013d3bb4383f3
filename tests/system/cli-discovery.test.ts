import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { describeOnShopServers } from '../servers/shop-servers.ts'
import { freePort, until } from './child.ts'
import { isShipped, orderStatus, sendOrder } from './shop-orders.ts'
import { emptyDirectory, ended, type Program, runningShop, skerry } from './skerry-process.ts'

const retail = ['--config', join(root, 'examples/retail/skerry.config.ts')]
const parts = [
  ['catalog', 'pricing', 'sales', 'inventory'],
  ['billing', 'shipping', 'fulfilment', 'notifications']
]

test('an address that others could not use is refused', async () => {
  const { code, errors } = await ended(['run', 'sales', '--advertise', 'sales:4000', ...retail], {
    cwd: emptyDirectory()
  })
  expect(code).toBe(2)
  expect(errors).toContain("--advertise is 'sales:4000', but it is an address such as http://10.0.0.7:4001.")
})

describeOnShopServers('processes that nobody has told of each other', (servers) => {
  test.each(['postgres', 'nats'])('find each other by %s, also where one comes back', async (profile) => {
    const cwd = emptyDirectory()
    const started = async (services: readonly string[]): Promise<readonly [Program, string]> => {
      const port = await freePort()
      const args = ['run', ...services, '--profile', profile, '--port', `${port}`, '--log', ...retail]
      const program = skerry(args, { cwd, env: servers().env })
      await program.until(/"the system runs"/)
      return [program, `http://127.0.0.1:${port}`]
    }
    const [first, second] = parts as [string[], string[]]
    const [, url] = await started(first)
    let [other, address] = await started(second)
    const order = async (key: string): Promise<void> => {
      const answer = await sendOrder(url, key)
      expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)])
    }
    const decided = (key: string): Promise<string> =>
      until(
        `${key} is decided`,
        async () => {
          const status = (await orderStatus(url, key)) ?? ''
          // Nobody has stocked the shelves: what counts is that all services had their say.
          return ['shipped', 'completed', 'cancelled'].includes(status) && status
        },
        60_000
      )
    await order('o-1')
    await decided('o-1')
    const notices = async (): Promise<number> => {
      const pool = servers().postgres.pool('retail')
      const { rows } = await pool.query('SELECT FROM discovery.instance WHERE url = $1', [address])
      await pool.end()
      return rows.length
    }
    other.child.kill('SIGKILL')
    await other.ended
    if (profile === 'postgres') expect(await notices()).toBe(second.length)
    await order('o-2')
    ;[other, address] = await started(second)
    await decided('o-2')
    other.child.kill('SIGTERM')
    expect((await other.ended).code).toBe(0)
    // Who goes in good order says so, and is not waited for until its notice runs out.
    if (profile === 'postgres') expect(await notices()).toBe(0)
  })

  test.each(['postgres', 'nats'])(
    'an instance that is started beside a split run finds the services of it, by %s',
    async (profile) => {
      const cwd = emptyDirectory()
      const run = await runningShop(cwd, servers().env, ['--split', '--profile', profile, ...retail])
      const port = await freePort()
      const args = ['run', 'sales', '--profile', profile, '--port', `${port}`, '--log', ...retail]
      const beside = skerry(args, { cwd, env: servers().env })
      await beside.until(/"the system runs"/)
      // Of the rest it knows from the board alone.
      const sent = await sendOrder(`http://127.0.0.1:${port}`, 'o-1')
      expect([sent.status, await sent.text()]).toEqual([200, expect.stringContaining('OrderAccepted')])
      const halved = async (): Promise<boolean> => {
        const answer = await fetch(`${run.url}/admin/sales/status`)
        const { instances } = (await answer.json()) as { readonly instances: readonly unknown[] }
        return instances.length === 2
      }
      await until('both are instances of sales', halved)
      for (const key of ['o-2', 'o-3', 'o-4', 'o-5']) expect((await sendOrder(run.url, key)).status).toBe(200)
      for (const key of ['o-1', 'o-2', 'o-3', 'o-4', 'o-5'])
        await until(`${key} is shipped`, async () => isShipped(await orderStatus(run.url, key)), 60_000)
      expect(beside.errors).not.toContain('Nobody knows where')
      expect(await run.stop()).toMatchObject({ code: 0 })
    }
  )
})
