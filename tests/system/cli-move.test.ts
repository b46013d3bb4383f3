import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tradeFileLines } from '../../examples/retail/import/trade-generator.ts'
import { testCards } from '../../examples/retail/sandbox/test-cards.ts'
import { root } from '../../scripts/source-files.ts'
import { tradeReport } from '../oracle/trade-oracle.ts'
import { shopServices } from '../servers/shop-database.ts'
import { describeOnShopServers } from '../servers/shop-servers.ts'
import { Child, freePort, processOf, until } from './child.ts'

const lines = 1_200
const retail = join(root, 'examples/retail/skerry.config.ts')
/** Nobody answers there. */
const nowhere = 'http://127.0.0.1:9'
const partsMs = 400_000

interface Moved {
  readonly outcome: string
  readonly rows: number
  readonly hash: string
  readonly awayMs: number
}

describeOnShopServers('the shop moves', (servers) => {
  let directory = ''
  let port = 0
  let paymentPort = 0
  let children: Child[] = []
  let config = retail

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'skerry-move-'))
    port = await freePort()
    paymentPort = await freePort()
    children = []
    config = retail
  })
  afterEach(async () => {
    for (const child of children) child.process.kill('SIGKILL')
    await Promise.all(children.map((child) => child.end()))
    rmSync(directory, { recursive: true, force: true })
  })

  const started = (script: string, ...parameters: readonly string[]): Child => {
    const urls = shopServices.map((service) => `${service}=${nowhere}`).join(',')
    const data = { SKERRY_DATA: join(directory, 'data'), SKERRY_URLS: urls }
    const env = { ...servers().env, PAYMENT_PORT: `${paymentPort}`, ...data }
    const child = new Child(script, parameters, env)
    children.push(child)
    return child
  }
  const skerry = (...parameters: readonly string[]): Child =>
    started('src/cli/main.ts', ...parameters, '--config', config)

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
    for (const service of shopServices) all.push(await moved(service, ...where))
    return all
  }

  async function problems(): Promise<readonly string[]> {
    const { services: all } = await asked('/admin/check')
    expect(all).toHaveLength(shopServices.length)
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

  /** The same shop, with a profile in which sales alone is in the database. */
  function apart(): void {
    config = join(directory, 'skerry.config.ts')
    writeFileSync(
      config,
      `import shop from ${JSON.stringify(retail)}
        export default async (setting: Parameters<typeof shop>[0]) => {
          const { profiles, ...rest } = await shop(setting)
          const store = (service: string) =>
            service === 'sales' ? profiles!.postgres!.store!(service) : ({ kind: 'sqlite' } as const)
          return { ...rest, profiles: { ...profiles, apart: { store } } }
        }\n`
    )
  }

  async function order(key: string): Promise<number> {
    const line = [{ stockCode: '00001', name: 'PUFFIN EGG CUP', quantity: 1, unitPence: 450 }]
    const data = {
      customerId: 'ann',
      email: 'ann@example.org',
      card: testCards.approved.number,
      lines: line
    }
    const answer = await fetch(`http://127.0.0.1:${port}/sales/order/${key}/PlaceOrder`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(data)
    })
    await answer.arrayBuffer()
    return answer.status
  }

  test('of one service that runs, up to its last order; who was behind goes on without a hole or a double', async () => {
    apart()
    const count = 30
    // The others do not run: all of them are behind.
    const sales = await startShop('sales')
    for (let nth = 1; nth < count; nth++) expect(await order(`o-${nth}`)).toBe(200)

    const interrupted = skerry('move', 'sales', '--to', 'apart')
    await until('it waits', async () => interrupted.stdout.includes('stop sales now'))
    await interrupted.kill()
    const move = skerry('move', 'sales', '--to', 'apart', '--json')
    await until('it waits again', async () => move.stderr.includes('stop sales now'))
    // A copy that waits hinders nobody.
    expect(await order(`o-${count}`)).toBe(200)
    const said = await published()
    await stopShop(sales)
    expect(await move.end()).toBe(0)
    const report = JSON.parse(move.stdout) as Moved
    expect(report).toMatchObject({ outcome: 'moved', rows: said })
    expect(report.awayMs).toBeGreaterThan(0)
    expect(report.awayMs).toBeLessThan(60_000)

    await startShop('--profile', 'apart')
    const statuses = async (): Promise<Record<string, number>> => {
      const counts: Record<string, number> = {}
      const { rows } = await asked('/sales/order-history?limit=100')
      for (const { data } of rows as { data: { status: string } }[])
        counts[data.status] = (counts[data.status] ?? 0) + 1
      return counts
    }
    await until('all are shipped', async () => (await statuses())['shipped'] === count, 60_000)
    expect(await statuses()).toEqual({ shipped: count })
    expect(await (await fetch(`http://127.0.0.1:${paymentPort}/totals`)).json()).toMatchObject({ count })
    expect(await problems()).toEqual([])
    const doctor = skerry('doctor', '--profile', 'apart')
    expect([await doctor.end(), doctor.stderr]).toEqual([0, ''])
  })

  test('of one service out of a split run: who asks is told to start the run in the other profile', async () => {
    apart()
    const shop = await startShop('--split')
    expect(await order('o-1')).toBe(200)
    const move = skerry('move', 'sales', '--to', 'apart')
    await until('it waits', async () => move.stdout.includes('stop sales now'))
    process.kill(processOf(shop.process.pid ?? 0, 'sales'), 'SIGTERM')
    expect(await move.end()).toBe(0)
    const mend = 'start it with skerry run --profile apart'
    expect(move.stdout).toContain(`has sales no longer: stop it, and ${mend}`)
    const examined = await until('doctor says the same', async () => {
      const doctor = skerry('doctor')
      await doctor.end()
      return doctor.stdout.includes('its data were moved to') && doctor.stdout
    })
    expect(examined).toContain(`stop the run, and ${mend}`)
    await stopShop(shop)
    await startShop('--split', '--profile', 'apart')
    expect(await order('o-2')).toBe(200)
    expect(await problems()).toEqual([])
  })

  test('only where it can, and says what is in the way', async () => {
    apart()
    const refused = async (...args: readonly string[]): Promise<string> => {
      const move = skerry('move', ...args)
      expect([[1, 2].includes(Number(await move.end())), move.stdout]).toEqual([true, ''])
      return move.stderr
    }
    expect(await refused('sales')).toContain('skerry move sales --to PROFILE')
    expect(await refused('sale', '--to', 'apart')).toContain("did you mean 'sales'?")
    expect(await refused('sales', '--to', 'aprt')).toContain("did you mean 'apart'?")
    expect(await refused('billing', '--to', 'apart')).toContain("in the profile 'apart', too")
    expect(await refused('sales', '--to', 'files')).toContain("in the profile 'files', too")
    expect(await refused('sales', '--to', 'apart')).toContain('there is nothing to move')

    await stopShop(await startShop())
    await stopShop(await startShop('--profile', 'apart'))
    expect(await refused('sales', '--to', 'apart')).toContain('DROP SCHEMA "sales" CASCADE')
    await servers().renew()
    expect(await moved('sales', '--to', 'apart')).toMatchObject({ outcome: 'moved' })
    expect(await moved('sales', '--to', 'apart')).toMatchObject({ outcome: 'there' })
    // The same place under the name of another profile.
    expect(await moved('sales', '--to', 'postgres')).toMatchObject({ outcome: 'there' })

    const examined = skerry('doctor')
    expect([await examined.end(), examined.stderr]).toEqual([0, ''])
    expect(examined.stdout).toMatch(/sales\.db +its data are at PostgreSQL, schema sales/)
    expect(examined.stdout).toMatch(
      /^warning +system +does not run without a profile: the data of sales were moved\n +-> skerry run --profile apart$/m
    )
    const inProfile = skerry('doctor', '--profile', 'apart')
    expect([await inProfile.end(), inProfile.stdout]).toEqual([
      0,
      expect.not.stringContaining('does not run without a profile')
    ])
    await servers().postgres.stop('fast')
    try {
      expect(await refused('billing', '--to', 'postgres')).toContain('ECONNREFUSED')
    } finally {
      await servers().postgres.begin()
    }
    const shop = await startShop('--profile', 'apart')
    expect(await order('o-1')).toBe(200)
    await stopShop(shop)
  })
})
