import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { tradeFileLines } from '../../examples/retail/import/trade-generator.ts'
import { root } from '../../scripts/source-files.ts'
import { tradeReport } from '../oracle/trade-oracle.ts'
import { type KafkaServer, kafkaMissing, kafkaServer } from '../servers/kafka-server.ts'
import { available } from '../servers/required.ts'
import { retailDataMissing, retailFile } from '../servers/retail-data.ts'
import { describeOnShopServers } from '../servers/shop-servers.ts'
import { Child, childrenOf, freePort, until } from './child.ts'

const kills = 20
/** A week of a shop is a lot of work for a machine that does something else beside it. */
const weekMs = 400_000
const daysLines = Number(process.env['SKERRY_IMPORT_LINES'] ?? 2_000)
const hasRealFile = available('retail-data', retailDataMissing())

let directory = ''
let url = ''
let port = 0
let paymentPort = 0
let children: Child[] = []
let env: Readonly<Record<string, string>> = {}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'skerry-import-'))
  port = await freePort()
  paymentPort = await freePort()
  url = `http://127.0.0.1:${port}`
  children = []
})

afterEach(async () => {
  for (const child of children) child.process.kill('SIGKILL')
  await Promise.all(children.map((child) => child.end()))
  rmSync(directory, { recursive: true, force: true })
})

async function published(): Promise<number | undefined> {
  try {
    const status = (await (await fetch(`${url}/admin/status`)).json()) as {
      readonly services: readonly { readonly published: number }[]
    }
    return status.services.reduce((sum, service) => sum + service.published, 0)
  } catch {
    return undefined
  }
}

/** The config of the shop, with a profile for several instances also where news come by feeds, or by Kafka. */
function configFile(): string {
  const file = join(directory, 'skerry.config.ts')
  const origin = JSON.stringify(join(root, 'examples/retail/skerry.config.ts'))
  writeFileSync(
    file,
    `import shop from ${origin}
export default async (setting: Parameters<typeof shop>[0]) => {
  const { profiles, ...rest } = await shop(setting)
  const { store, instances } = profiles!.many!
  const several = { store, instances, discovery: profiles!.postgres!.discovery }
  const manyOf = { 'many-http': several, 'many-kafka': { ...several, bus: profiles!.kafka!.bus } }
  return { ...rest, profiles: { ...profiles, ...manyOf } }
}
`
  )
  return file
}

async function startShop(...shape: readonly string[]): Promise<Child> {
  const config = [
    '--config',
    shape.some((word) => word.startsWith('many-')) ? configFile() : 'examples/retail/skerry.config.ts',
    '--data',
    join(directory, 'data'),
    '--port',
    `${port}`
  ]
  const shop = new Child('src/cli/main.ts', ['run', ...shape, ...config], {
    ...env,
    PAYMENT_PORT: `${paymentPort}`
  })
  children.push(shop)
  await until('the shop listens', async () => {
    if (shop.ended) throw new Error(`The shop ended: ${shop.stdout}${shop.stderr}`)
    return published()
  })
  return shop
}

function startImport(file: string): Child {
  const importer = new Child('examples/retail/import/main.ts', [file, '--url', url, '--json'])
  children.push(importer)
  return importer
}

async function importOf(file: string): Promise<unknown> {
  const importer = startImport(file)
  expect([await importer.end(), importer.stderr]).toEqual([0, expect.any(String)])
  return JSON.parse(importer.stdout)
}

async function paid(): Promise<unknown> {
  return (await fetch(`http://127.0.0.1:${paymentPort}/totals`)).json()
}

function madeUpFile(lines: number, seed: number): string {
  const file = join(directory, 'trade.csv')
  writeFileSync(file, [...tradeFileLines({ lines, seed })].join(''))
  return file
}

test('an import equals its file to the penny and the unit, also when both processes are killed twenty times', async () => {
  const lines = 3_000
  const file = madeUpFile(lines, 11)
  let shop = await startShop()
  let importer = startImport(file)
  let target = (await published()) ?? 0
  for (let kill = 0; kill < kills; kill++) {
    // About a dozen log rows come of a line, so that twenty steps end well before the flow does.
    target += 1 + ((kill * 7919) % lines) / 5
    await until(`${target} log rows before kill ${kill}`, async () => {
      if (importer.ended) throw new Error(`The importer ended before kill ${kill}: ${importer.stderr}`)
      return ((await published()) ?? 0) >= target
    })
    if (kill % 3 !== 1) {
      await shop.kill()
      shop = await startShop()
    }
    if (kill % 3 !== 0) {
      await importer.kill()
      importer = startImport(file)
    }
  }
  expect([await importer.end(), importer.stderr]).toEqual([0, expect.any(String)])
  const expected = tradeReport(readFileSync(file))
  expect(expected.orders.accepted).toBeGreaterThan(50)
  expect(expected.returns).toBeGreaterThan(5)
  expect(JSON.parse(importer.stdout)).toEqual(expected)

  // The provider's own ledger is the witness that no card was charged twice.
  expect(await paid()).toMatchObject({
    charged: expected.pence.charged,
    refunded: expected.pence.refunded,
    count: expected.orders.accepted
  })
  const before = await published()
  expect(await importOf(file)).toEqual(expected)
  expect(await published()).toBe(before)
})

/** Lets the shop import a file in processes of their own, kills each of them once, and compares to the penny. */
async function importsUnderKills(
  seed: number,
  shape: readonly string[],
  also: () => Promise<void>,
  count = 8
): Promise<void> {
  const file = madeUpFile(3_000, seed)
  const shop = await startShop('--split', ...shape)
  const front = shop.process.pid ?? 0
  const services = childrenOf(front).length
  expect(services).toBe(count)
  const importer = startImport(file)
  const before = (await published()) ?? 0
  await until('the import is under way', async () => ((await published()) ?? 0) > before)
  await also()
  for (let kill = 0; kill < services; kill++) {
    // Who is started again stands behind the others, so each is killed once.
    const running = await until(`every service has a process before kill ${kill}`, async () => {
      const pids = childrenOf(front)
      return pids.length === services && pids
    })
    process.kill(running[0] ?? 0, 'SIGKILL')
    await until(`kill ${kill} happens`, async () => !childrenOf(front).includes(running[0] ?? 0))
  }
  expect(importer.ended).toBe(false)
  expect([await importer.end(), importer.stderr]).toEqual([0, expect.any(String)])
  const expected = tradeReport(readFileSync(file))
  expect(JSON.parse(importer.stdout)).toEqual(expected)
  expect(await paid()).toMatchObject({
    charged: expected.pence.charged,
    refunded: expected.pence.refunded,
    count: expected.orders.accepted
  })
}

async function reconcilesAWeek(shape: readonly string[]): Promise<void> {
  await startShop(...shape)
  const report = await importOf(retailFile)
  expect(report).toEqual(tradeReport(readFileSync(retailFile)))
  expect(report).toMatchObject({
    orders: { accepted: 563, shipped: 563 },
    pence: { charged: 25_815_428, refunded: 507_813 }
  })
}

/** The beginning of that week, for shapes that differ little from one that takes all of it. */
async function reconcilesDays(shape: readonly string[]): Promise<void> {
  const file = join(directory, 'days.csv')
  writeFileSync(file, readFileSync(retailFile, 'utf8').split('\n').slice(0, daysLines).join('\n'))
  await startShop(...shape)
  const expected = tradeReport(readFileSync(file))
  expect(expected.orders.accepted).toBeGreaterThan(20)
  expect(await importOf(file)).toEqual(expected)
}

test('split, an import equals its file also when the processes of services are killed amid it', () =>
  importsUnderKills(12, [], async () => undefined))

test.runIf(hasRealFile).each([
  ['in one process', []],
  ['in a process for each service', ['--split']]
])('%s, a week of a real shop reconciles', (_, shape) => reconcilesAWeek(shape), weekMs)

describeOnShopServers('on servers', (servers) => {
  beforeEach(() => {
    env = servers().env
  })
  afterEach(() => {
    env = {}
  })

  test('an import equals its file also when services are killed and the data of the broker is wiped amid it', () =>
    importsUnderKills(13, ['--profile', 'nats'], async () => {
      await servers().nats.kill()
      servers().nats.wipe()
      await servers().nats.start()
    }))

  test.runIf(hasRealFile).each([
    ['on PostgreSQL in one process', ['--profile', 'postgres']],
    ['on PostgreSQL and NATS in a process for each service', ['--split', '--profile', 'nats']]
  ])('%s, a week of a real shop reconciles', (_, shape) => reconcilesAWeek(shape), weekMs)

  test.runIf(hasRealFile).each([
    ['on PostgreSQL in a process for each service', ['--split', '--profile', 'postgres']],
    ['on PostgreSQL with several instances of services', ['--split', '--profile', 'many-http']],
    ['on PostgreSQL and NATS in one process', ['--profile', 'nats']],
    ['on PostgreSQL and NATS with several instances of services', ['--split', '--profile', 'many']]
  ])('%s, days of a real shop reconcile', (_, shape) => reconcilesDays(shape), weekMs)

  test('an import equals its file also with several instances of services, each of which is killed amid it', () =>
    importsUnderKills(16, ['--profile', 'many'], async () => undefined, 11))

  describe.runIf(available('kafka', kafkaMissing()))('with Kafka', () => {
    let kafka: KafkaServer

    beforeAll(async () => {
      kafka = await kafkaServer()
    })
    beforeEach(() => {
      env = { ...env, KAFKA_BROKERS: kafka.address }
    })
    afterAll(() => kafka.remove())

    test('an import equals its file also when services are killed and the data of the broker is wiped amid it', () =>
      importsUnderKills(15, ['--profile', 'kafka'], async () => {
        await kafka.kill()
        kafka.wipe()
        await kafka.start()
      }))

    test.runIf(hasRealFile)(
      'on PostgreSQL and Kafka in a process for each service, a week of a real shop reconciles',
      () => reconcilesAWeek(['--split', '--profile', 'kafka']),
      weekMs
    )

    test.runIf(hasRealFile).each([
      ['on PostgreSQL and Kafka in one process', ['--profile', 'kafka']],
      ['on PostgreSQL and Kafka with several instances of services', ['--split', '--profile', 'many-kafka']]
    ])('%s, days of a real shop reconcile', (_, shape) => reconcilesDays(shape), weekMs)
  })

  test('data kept by one shape is there for the next, and no service may read the data of another', async () => {
    const file = madeUpFile(300, 14)
    const shop = await startShop('--profile', 'postgres')
    const report = await importOf(file)
    const before = await published()
    shop.process.kill('SIGTERM')
    expect(await shop.end()).toBe(0)
    await startShop('--split', '--profile', 'nats')
    expect(await published()).toBe(before)
    expect(await importOf(file)).toEqual(report)
    const other = servers().postgres.pool('retail', 'billing')
    await expect(other.query('SELECT count(*) FROM sales.log')).rejects.toThrow('permission denied')
    await other.end()
  })
})

test('a file of another shape is refused with line and column, and changes nothing', async () => {
  await startShop()
  const before = await published()
  const file = madeUpFile(50, 3)
  const text = readFileSync(file, 'utf8').split('\n')
  text[20] = (text[20] as string).replace(/^([^,]*),/, '$1,,')
  writeFileSync(file, text.join('\n'))
  const importer = startImport(file)
  expect(await importer.end()).toBe(1)
  expect(importer.stderr).toMatch(/^\S+: line 21, column \d+.*\n$/)
  expect(importer.stdout).toBe('')
  expect(await published()).toBe(before)
})

test('without a running shop there is one clear line', async () => {
  const importer = startImport(madeUpFile(10, 1))
  expect(await importer.end()).toBe(1)
  expect(importer.stderr).toBe(`Nothing answers at ${url}. Start the shop with: npm start\n`)
})

test('an invoice that the shop knows with other lines is refused by its number', async () => {
  await startShop()
  const file = madeUpFile(200, 5)
  await importOf(file)
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/^(\d{6},\d{5}\w*,[^\n]*?,)(\d+)(,\d+\/)/m, '$17$2$3')
  )
  const importer = startImport(file)
  expect(await importer.end()).toBe(1)
  expect(importer.stderr).toMatch(
    /Invoice \d+, line \d+: The shop knows this invoice already, with other lines/
  )
})
