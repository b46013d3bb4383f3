import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { natsMissing } from '../servers/nats-server.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { available } from '../servers/required.ts'
import { type ShopServers, shopServers } from '../servers/shop-servers.ts'
import { freePort, until } from './child.ts'
import { orderStatus, sendOrder } from './shop-orders.ts'
import { emptyDirectory, ended, type Program, skerry } from './skerry-process.ts'

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

describe.runIf(available('postgres', postgresMissing()) && available('nats', natsMissing()))(
  'processes that nobody has told of each other',
  () => {
    let servers: ShopServers

    beforeAll(async () => {
      servers = await shopServers()
    })
    beforeEach(() => servers.renew())
    afterAll(() => servers.remove())

    test.each(['postgres', 'nats'])('find each other by %s, also where one comes back', async (profile) => {
      const cwd = emptyDirectory()
      const started = async (services: readonly string[]): Promise<readonly [Program, string]> => {
        const port = await freePort()
        const args = ['run', ...services, '--profile', profile, '--port', `${port}`, '--log', ...retail]
        const program = skerry(args, { cwd, env: servers.env })
        await program.until(/"the system runs"/)
        return [program, `http://127.0.0.1:${port}`]
      }
      const [first, second] = parts as [string[], string[]]
      const [, url] = await started(first)
      let [other] = await started(second)
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
      other.child.kill('SIGKILL')
      await other.ended
      await order('o-2')
      ;[other] = await started(second)
      await decided('o-2')
      other.child.kill('SIGTERM')
      expect((await other.ended).code).toBe(0)
    })
  }
)
