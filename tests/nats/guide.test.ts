import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, MsgHdrsImpl } from '@nats-io/transport-node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openBus } from '../../examples/guide/nats/open-bus.ts'
import { root } from '../../scripts/source-files.ts'
import { systemClock } from '../../src/adapters/node/index.ts'
import { openBoard } from '../../src/cli/open-discovery.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { binaryCloudEventOf, boardDiscovery, type Discovery, type LogRow } from '../../src/ports/index.ts'
import { Heard } from '../brokers/heard.ts'
import { until } from '../brokers/until.ts'
import { feedServer } from '../conformance/feed-server.ts'
import { natsMissing, natsServer } from '../servers/nats-server.ts'
import { available } from '../servers/required.ts'
import { freePort } from '../system/child.ts'

const permissions = readFileSync(join(root, 'examples/guide/nats/permissions.conf'), 'utf8')

describe.skipIf(!available('nats', natsMissing()))('the guide to NATS', () => {
  test('two processes with the permissions of the guide hear each other, and nobody speaks for another', async () => {
    const server = await natsServer({ lines: permissions.split('\n') })
    onTestFinished(() => server.remove())
    const clock = systemClock()
    const [atSales, atBilling] = [await freePort(), await freePort()]
    const opened = async (user: string, pass: string, port: number, urls: Record<string, string>) => {
      const { bus, close } = await openBus({ servers: server.url, user, pass }, urls)
      onTestFinished(close)
      const feeds = await feedServer(bus, clock, port)
      onTestFinished(() => feeds.close())
      return bus
    }
    const sales = await opened('sales', 'change-me', atSales, { billing: `http://127.0.0.1:${atBilling}` })
    const billing = await opened('billing', 'change-me-too', atBilling, {
      sales: `http://127.0.0.1:${atSales}`
    })
    const [ofSales, ofBilling] = [new StageFeed('sales'), new StageFeed('billing')]
    sales.offer(ofSales)
    billing.offer(ofBilling)
    const heard = { sales: new Heard(), billing: new Heard() }
    billing.listen('sales', heard.sales.listener)
    sales.listen('billing', heard.billing.listener)
    sales.announce('sales', ofSales.commit(0, 1))
    billing.announce('billing', ofBilling.commit(0, 1))
    await until('both hear', () => heard.sales.last() === 1 && heard.billing.last() === 1)
    sales.announce('sales', ofSales.commit(0, 20))
    await until('the rows come', () => heard.sales.last() === 21)
    expect(heard.sales.rows).toEqual(await billing.feed('sales').read(0, 0, 21))
    expect(billing.counts.heard).toBeGreaterThanOrEqual(20)

    const forger = await connect({ servers: server.url, user: 'sales', pass: 'change-me' })
    onTestFinished(() => forger.close())
    const refusals: string[] = []
    void (async () => {
      for await (const status of forger.status())
        if (status.type === 'error') refusals.push(status.error.message)
    })()
    const [row] = new StageFeed('billing').commit(3, 1) as [LogRow]
    const { attributes, data = '' } = binaryCloudEventOf(row)
    const values = Object.fromEntries([...attributes].map(([name, value]) => [`ce-${name}`, [value]]))
    forger.publish('skerry.billing.3', data, { headers: MsgHdrsImpl.fromRecord(values) })
    await until('it is refused', () => refusals.length > 0)
    expect(refusals[0]).toContain('skerry.billing.3')
    expect(heard.billing.positions(3)).toEqual([])
    // What was missed is asked for within the same permissions.
    await server.stop()
    await server.start()
    await until('both are back', () => sales.counts.reconnects === 1 && billing.counts.reconnects === 1)
    await until('the stream was asked', () => billing.counts.repeated > 0)
    sales.announce('sales', ofSales.commit(0, 1))
    await until('it goes on', () => heard.sales.last() === 22)
  })

  test('with the same permissions they find each other, and nobody takes the place of another', async () => {
    const server = await natsServer({ lines: permissions.split('\n') })
    onTestFinished(() => server.remove())
    const opened = async (user: string, password: string): Promise<Discovery> => {
      const board = await openBoard({ kind: 'nats', servers: server.url, user, password })
      const discovery = await boardDiscovery({ board, clock: systemClock() })
      onTestFinished(() => discovery.close())
      return discovery
    }
    const [sales, billing] = [await opened('sales', 'change-me'), await opened('billing', 'change-me-too')]
    const leaveSales = await sales.register(['sales'], 'http://127.0.0.1:1')
    await billing.register(['billing'], 'http://127.0.0.1:2')
    const at = (by: Discovery, service: string): string => by.addresses(service).join()
    await until('sales is found', () => at(billing, 'sales') === 'http://127.0.0.1:1')
    await until('billing is found', () => at(sales, 'billing') === 'http://127.0.0.1:2')
    await leaveSales()
    await until('sales is forgotten', () => at(billing, 'sales') === '')

    const forger = await openBoard({
      kind: 'nats',
      servers: server.url,
      user: 'sales',
      password: 'change-me'
    })
    onTestFinished(() => forger.close())
    await forger.post([{ service: 'sales', url: 'http://127.0.0.1:3', isReady: true }])
    await expect(
      forger.post([{ service: 'billing', url: 'http://127.0.0.1:3', isReady: true }])
    ).rejects.toMatchObject({
      code: 'BUS_UNAVAILABLE'
    })
    await until('what it may do is seen', () => at(billing, 'sales') === 'http://127.0.0.1:3')
    expect(at(sales, 'billing')).toBe('http://127.0.0.1:2')
  })
})
