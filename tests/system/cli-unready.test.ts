import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { systemClock } from '../../src/adapters/node/index.ts'
import { openBoard } from '../../src/cli/open-discovery.ts'
import { boardDiscovery, type Discovery } from '../../src/ports/index.ts'
import { describeOnShopServers } from '../servers/shop-servers.ts'
import { tcpProxy } from '../servers/tcp-proxy.ts'
import { freePort, until } from './child.ts'
import { sendOrder } from './shop-orders.ts'
import { emptyDirectory, ended, skerry } from './skerry-process.ts'

const profile = ['--profile', 'nats', '--config', join(root, 'examples/retail/skerry.config.ts')]

async function readiness(url: string): Promise<readonly [status: number, state: string]> {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(20_000) })
  const { services } = (await answer.json()) as { readonly services: Readonly<Record<string, string>> }
  return [answer.status, services['sales'] ?? '']
}

describeOnShopServers('two instances of sales that find each other by NATS', (servers) => {
  async function instance(databaseUrl: string): Promise<string> {
    const port = await freePort()
    const args = ['run', 'sales', '--port', `${port}`, '--log', ...profile]
    const env = { ...servers().env, DATABASE_URL: databaseUrl }
    await skerry(args, { cwd: emptyDirectory(), env }).until(/"the system runs"/)
    return `http://127.0.0.1:${port}`
  }

  async function watcher(): Promise<Discovery> {
    const board = await openBoard({ kind: 'nats', servers: servers().nats.url })
    const discovery = await boardDiscovery({ board, clock: systemClock() })
    onTestFinished(() => discovery.close())
    return discovery
  }

  test('one that cannot reach its store is left to itself within seconds; when none can, both say so, and both come back', async () => {
    const { env, postgres } = servers()
    const line = await tcpProxy(postgres.port)
    onTestFinished(() => line.close())
    const databaseUrl = env['DATABASE_URL'] ?? ''
    const cutOff = await instance(databaseUrl.replace(`:${postgres.port}/`, `:${line.port}/`))
    const other = await instance(databaseUrl)
    const board = await watcher()
    const found = (...urls: readonly string[]): Promise<unknown> =>
      until(
        `sales is found at ${urls.join(' and ')}`,
        async () => `${board.addresses('sales')}` === `${urls.toSorted()}`
      )
    await found(cutOff, other)

    line.cut()
    await until('one has no store', async () => `${await readiness(cutOff)}` === '503,store-down')
    expect(line.counts.cut).toBeGreaterThan(0)
    await found(other)
    expect(await readiness(other)).toEqual([200, 'running'])
    const { output } = await ended(['doctor', '--json', ...profile], { cwd: emptyDirectory(), env })
    expect(output).toContain(`the instance at ${cutOff} takes no work`)

    await postgres.stop('immediate')
    await until('the other has none either', async () => `${await readiness(other)}` === '503,store-down')
    await found(cutOff, other)
    // Whoever asks hears that the store is away, not that nobody knows the service.
    const refused = await sendOrder(other, 'o-1')
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'STORE_UNAVAILABLE' }])
    expect(refused.headers.get('retry-after')).not.toBeNull()

    await postgres.begin()
    await found(other)
    line.heal()
    await found(cutOff, other)
    for (const url of [cutOff, other]) expect(await readiness(url)).toEqual([200, 'running'])
  })
})
