import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { tradeFileLines } from '../../examples/retail/import/trade-generator.ts'
import { tradeReport } from '../oracle/trade-oracle.ts'
import { natsMissing } from '../servers/nats-server.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { available } from '../servers/required.ts'
import { type ShopServers, shopServers } from '../servers/shop-servers.ts'
import { Child, freePort, until } from './child.ts'

const services = [
  'catalog',
  'pricing',
  'sales',
  'inventory',
  'billing',
  'shipping',
  'fulfilment',
  'notifications'
]
const lines = 1_200
const config = ['--config', 'examples/retail/skerry.config.ts']
const partsMs = 400_000

interface Moved {
  readonly outcome: string
  readonly rows: number
  readonly hash: string
  readonly awayMs: number
}

describe.runIf(available('postgres', postgresMissing()) && available('nats', natsMissing()))(
  'the shop moves',
  () => {
    let servers: ShopServers
    let directory = ''
    let port = 0
    let paymentPort = 0
    let children: Child[] = []

    beforeAll(async () => {
      servers = await shopServers()
    })
    afterAll(() => servers.remove())
    beforeEach(async () => {
      await servers.renew()
      directory = mkdtempSync(join(tmpdir(), 'skerry-move-'))
      port = await freePort()
      paymentPort = await freePort()
      children = []
    })
    afterEach(async () => {
      for (const child of children) child.process.kill('SIGKILL')
      await Promise.all(children.map((child) => child.end()))
      rmSync(directory, { recursive: true, force: true })
    })

    const started = (script: string, ...parameters: readonly string[]): Child => {
      const env = { ...servers.env, PAYMENT_PORT: `${paymentPort}`, SKERRY_DATA: join(directory, 'data') }
      const child = new Child(script, parameters, env)
      children.push(child)
      return child
    }
    const skerry = (...parameters: readonly string[]): Child =>
      started('src/cli/main.ts', ...parameters, ...config)

    const asked = async (path: string): Promise<Record<string, unknown>> =>
      (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as Record<string, unknown>

    async function published(): Promise<number | undefined> {
      try {
        const { services: all } = await asked('/admin/status')
        return (all as { published: number }[]).reduce((sum, service) => sum + service.published, 0)
      } catch {
        return undefined
      }
    }

    async function startShop(...shape: readonly string[]): Promise<Child> {
      const shop = skerry('run', '--port', `${port}`, ...shape)
      await until('the shop listens', async () => {
        if (shop.ended) throw new Error(`The shop ended: ${shop.stdout}${shop.stderr}`)
        return published()
      })
      return shop
    }

    async function stopShop(shop: Child): Promise<void> {
      shop.process.kill('SIGTERM')
      expect(await shop.end()).toBe(0)
    }

    const startImport = (file: string): Child =>
      started('examples/retail/import/main.ts', file, '--url', `http://127.0.0.1:${port}`, '--json')

    /** Imports until so much was said, and stops in the middle of it, with much still under way. */
    async function importPart(file: string, rows: number, ...shape: readonly string[]): Promise<void> {
      const shop = await startShop(...shape)
      const importer = startImport(file)
      const target = ((await published()) ?? 0) + rows
      await until(`${target} rows are said`, async () => ((await published()) ?? 0) >= target)
      expect(importer.ended).toBe(false)
      await importer.kill()
      await stopShop(shop)
    }

    async function moved(service: string, ...where: readonly string[]): Promise<Moved> {
      const move = skerry('move', service, '--json', ...where)
      expect([await move.end(), move.stderr]).toEqual([0, ''])
      return JSON.parse(move.stdout)
    }

    async function movedAll(...where: readonly string[]): Promise<readonly Moved[]> {
      const all: Moved[] = []
      for (const service of services) all.push(await moved(service, ...where))
      return all
    }

    async function problems(): Promise<readonly string[]> {
      const { services: all } = await asked('/admin/check')
      expect(all).toHaveLength(services.length)
      return (all as { problems: string[] }[]).flatMap((service) => service.problems)
    }

    test(
      'to a database and back in the middle of an import, which equals its file to the penny',
      async () => {
        const file = join(directory, 'trade.csv')
        writeFileSync(file, [...tradeFileLines({ lines, seed: 21 })].join(''))
        await importPart(file, 2_000)
        const there = await movedAll('--to', 'postgres')
        expect(there.reduce((sum, { rows }) => sum + rows, 0)).toBeGreaterThan(2_000)
        const refused = skerry('run', '--port', `${port}`)
        expect(await refused.end()).toBe(1)
        expect(refused.stderr).toContain('were moved elsewhere')

        await importPart(file, 2_000, '--profile', 'postgres')
        const back = await movedAll('--profile', 'postgres', '--to', 'files')
        const rowsOf = (all: readonly Moved[]): number => all.reduce((sum, { rows }) => sum + rows, 0)
        expect(rowsOf(back)).toBeGreaterThan(rowsOf(there))

        // There and back again with nothing between: each service is what it was, by its hash.
        const again = await movedAll('--to', 'postgres')
        expect(again.map(({ hash }) => hash)).toEqual(back.map(({ hash }) => hash))
        await movedAll('--profile', 'postgres', '--to', 'files')

        await startShop()
        const importer = startImport(file)
        expect([await importer.end(), importer.stderr]).toEqual([0, expect.any(String)])
        const expected = tradeReport(readFileSync(file))
        expect(expected.orders.accepted).toBeGreaterThan(20)
        expect(JSON.parse(importer.stdout)).toEqual(expected)
        expect(await (await fetch(`http://127.0.0.1:${paymentPort}/totals`)).json()).toMatchObject({
          charged: expected.pence.charged,
          refunded: expected.pence.refunded,
          count: expected.orders.accepted
        })
        expect(await problems()).toEqual([])
      },
      partsMs
    )
  }
)
