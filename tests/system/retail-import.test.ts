import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tradeFileLines } from '../../examples/retail/import/trade-generator.ts'
import { tradeReport } from '../oracle/trade-oracle.ts'
import { Child, freePort, until } from './child.ts'

const kills = 20
const realFile =
  process.env['RETAIL_DATA'] ??
  fileURLToPath(new URL('../../../shared/data/online-retail-2010-12.csv', import.meta.url))

let directory = ''
let url = ''
let port = 0
let paymentPort = 0
let children: Child[] = []

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

async function startShop(...shape: readonly string[]): Promise<Child> {
  const config = [
    '--config',
    'examples/retail/skerry.config.ts',
    '--data',
    join(directory, 'data'),
    '--port',
    `${port}`
  ]
  const shop = new Child('src/cli/main.ts', ['run', ...shape, ...config], { PAYMENT_PORT: `${paymentPort}` })
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

/** The processes that a process has started and that live. */
function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

test('split, an import equals its file also when the processes of services are killed amid it', async () => {
  const file = madeUpFile(3_000, 12)
  const shop = await startShop('--split')
  const front = shop.process.pid ?? 0
  const services = childrenOf(front).length
  expect(services).toBe(8)
  const importer = startImport(file)
  const before = (await published()) ?? 0
  await until('the import is under way', async () => ((await published()) ?? 0) > before)
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
})

const shapes: readonly (readonly [shape: string, args: readonly string[]])[] = [
  ['in one process', []],
  ['in a process for each service', ['--split']]
]

test.skipIf(!existsSync(realFile)).each(shapes)('%s, a week of a real shop reconciles', async (_, args) => {
  await startShop(...args)
  const report = await importOf(realFile)
  expect(report).toEqual(tradeReport(readFileSync(realFile)))
  expect(report).toMatchObject({
    orders: { accepted: 563, shipped: 563 },
    pence: { charged: 25_815_428, refunded: 507_813 }
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
