import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { shopServices } from '../servers/shop-database.ts'
import { freePort, until } from './child.ts'
import { orderStatus, sendOrder } from './shop-orders.ts'
import { emptyDirectory, ended, type Program, runningShop, skerry } from './skerry-process.ts'

interface Finding {
  readonly level: string
  readonly about: string
  readonly text: string
  readonly mend?: string
  readonly services?: readonly string[]
}

/** A directory with the config of the shop; with a server, its profile `apart` has a database for each service. */
function directoryOf(port = 0): string {
  const cwd = emptyDirectory()
  const origin = JSON.stringify(join(root, 'examples/retail/skerry.config.ts'))
  writeFileSync(
    join(cwd, 'skerry.config.ts'),
    `import config from ${origin}
const url = (service: string) => \`postgres://postgres@127.0.0.1:${port}/\${service}\`
const store = (service: string) => ({ kind: 'postgres' as const, url: url(service) })
export default async (setting: Parameters<typeof config>[0]) => ({
  ...(await config(setting)),
  profiles: { apart: { store } }
})
`
  )
  return cwd
}

/** Those that take something of what the sales say. */
const hearers = ['billing', 'fulfilment', 'notifications']

const isDecided = (status = ''): boolean => ['shipped', 'completed', 'cancelled'].includes(status)

/** Runs the shop until these orders are decided, and ends it in good order. */
async function ordered(cwd: string, keys: readonly string[], args: readonly string[] = []): Promise<void> {
  const shop = await runningShop(cwd, {}, args)
  for (const key of keys) {
    expect((await sendOrder(shop.url, key)).status).toBe(200)
    await until(`${key} is decided`, async () => isDecided(await orderStatus(shop.url, key)), 60_000)
  }
  expect((await shop.stop()).code).toBe(0)
}

async function examined(
  cwd: string,
  args: readonly string[] = []
): Promise<{ readonly code: number | null; readonly findings: readonly Finding[] }> {
  const { code, output, errors } = await ended(['doctor', '--json', ...args], { cwd })
  expect(errors).toBe('')
  const { findings } = JSON.parse(output) as { readonly findings: readonly Finding[] }
  expect(findings.length).toBeGreaterThan(5)
  return { code, findings }
}

const faultsOf = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ level }) => level === 'fault')

const soundPositions = {
  level: 'ok',
  about: 'positions',
  text: expect.stringMatching(/\d+ checkpoints compared/)
}

/** That the sales are older than others, by a number of positions. */
function expectOlderSales(found: {
  readonly code: number | null
  readonly findings: readonly Finding[]
}): void {
  expect(found.code).toBe(1)
  const [fault, ...others] = faultsOf(found.findings)
  expect(others).toEqual([])
  expect(fault).toMatchObject({ about: 'sales' })
  expect(fault?.text).toMatch(
    /^is older than .*billing.*: its log lacks ([2-9]|\d\d) positions that they have taken \(.+ has taken sales:\d+:\d+, but that log ends at \d+/
  )
  expect(fault?.mend).toContain('start nothing yet: give sales its newest data, or put all services back')
  expect(fault?.services).toEqual(expect.arrayContaining(['sales', 'billing', 'fulfilment']))
}

test('the file of one service that was put back alone to an older copy is found before the system starts', async () => {
  const cwd = directoryOf()
  const data = join(cwd, '.data')
  const copies = join(cwd, 'copies')
  await ordered(cwd, ['o-1'])
  cpSync(data, copies, { recursive: true })
  const before = await examined(cwd)
  expect([before.code, before.findings]).toEqual([
    0,
    expect.arrayContaining([expect.objectContaining(soundPositions)])
  ])
  await ordered(cwd, ['o-2', 'o-3'])
  cpSync(join(copies, 'sales.db'), join(data, 'sales.db'))
  const older = await examined(cwd)
  expectOlderSales(older)
  // The file itself is as sound as the others.
  expect(older.findings).toContainEqual({ level: 'ok', about: 'sales.db', text: 'sound' })
  // Looking at it mends nothing, and changes nothing.
  expectOlderSales(await examined(cwd))
  // A file that is not there may be on another machine.
  rmSync(join(data, 'sales.db'))
  const missing = await examined(cwd)
  expect([missing.code, missing.findings]).toEqual([
    0,
    expect.arrayContaining([
      expect.objectContaining({
        level: 'warning',
        about: 'sales',
        text: expect.stringContaining('has no data here')
      })
    ])
  ])
  cpSync(copies, data, { recursive: true })
  const mended = await examined(cwd)
  expect([mended.code, mended.findings]).toEqual([
    0,
    expect.arrayContaining([expect.objectContaining(soundPositions)])
  ])
})

test('services that run while another is put back to an older copy say so, and take nothing more of it', async () => {
  const cwd = directoryOf()
  const data = join(cwd, '.data')
  const copy = join(cwd, 'sales.copy')
  await ordered(cwd, ['o-1'])
  cpSync(join(data, 'sales.db'), copy)
  const [salesPort, port] = [await freePort(), await freePort()]
  const others = shopServices.filter((service) => service !== 'sales')
  const SKERRY_URLS = [
    `sales=http://127.0.0.1:${salesPort}`,
    ...others.map((name) => `${name}=http://127.0.0.1:${port}`)
  ]
  const started = async (services: readonly string[], at: number): Promise<Program> => {
    const env = { SKERRY_URLS: SKERRY_URLS.join() }
    const program = skerry(['run', ...services, '--port', `${at}`, '--log'], { cwd, env })
    await program.until(/"the system runs"/)
    return program
  }
  const url = `http://127.0.0.1:${salesPort}`
  const [sales, rest] = [await started(['sales'], salesPort), await started(others, port)]
  for (const key of ['o-2', 'o-3']) {
    expect((await sendOrder(url, key)).status).toBe(200)
    await until(`${key} is decided`, async () => isDecided(await orderStatus(url, key)), 60_000)
  }
  sales.child.kill('SIGTERM')
  expect((await sales.ended).code).toBe(0)
  cpSync(copy, join(data, 'sales.db'))
  await started(['sales'], salesPort)
  const saysSo = (service: string): boolean =>
    rest.errors
      .split('\n')
      .some((line) => line.includes('sales is older') && line.includes(`"service":"${service}"`))
  await until('all who hear sales say so', async () => hearers.every(saysSo))
  expect(rest.errors).toMatch(
    /"level":"error".*fulfilment has taken sales:\d+:\d+, but that log ends at \d+.*: sales was put back to an older copy/
  )
  // Beyond the positions that were taken before, too: what came before these was never heard.
  interface Heard {
    readonly source: string
    readonly published: number
    readonly done: number
    readonly parked: number
  }
  const salesSubscriptions = async (): Promise<readonly Heard[]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/admin/fulfilment/status`)
    const { subscriptions } = (await answer.json()) as { readonly subscriptions: readonly Heard[] }
    return subscriptions.filter(({ source }) => source === 'sales')
  }
  const dealtWith = async (): Promise<number> =>
    (await salesSubscriptions()).reduce((sum, one) => sum + one.done + one.parked, 0)
  const known = async (): Promise<number> =>
    Math.min(...(await salesSubscriptions()).map(({ published }) => published))
  const before = await dealtWith()
  expect(before).toBeGreaterThan(0)
  for (let number = 0; number < 60; number++) expect((await sendOrder(url, `new-${number}`)).status).toBe(200)
  // The log has gone beyond what was taken of it by now, and is heard no more all the same.
  const published = async (): Promise<number> =>
    ((await (await fetch(`${url}/admin/sales/status`)).json()) as { readonly published: number }).published
  const all = await published()
  expect(all).toBeGreaterThan(before)
  await until('those who hear sales know of it', async () => (await known()) >= all)
  expect(await dealtWith()).toBe(before)
}, 120_000)

describe.runIf(available('postgres', postgresMissing()))('on PostgreSQL', () => {
  test('the database of one service that was put back alone is found, and so is one that is empty', async () => {
    const server = await PostgresServer.start()
    onTestFinished(() => server.remove())
    const sql = (...statements: readonly string[]): Promise<unknown> =>
      server.admin('postgres', ...statements)
    for (const service of shopServices) await sql(`CREATE DATABASE ${service}`)
    const [cwd, args] = [directoryOf(server.port), ['--profile', 'apart']]
    await ordered(cwd, ['o-1'], args)
    await sql('CREATE DATABASE older TEMPLATE sales')
    await ordered(cwd, ['o-2', 'o-3'], args)
    const before = await examined(cwd, args)
    expect([before.code, before.findings]).toEqual([
      0,
      expect.arrayContaining([expect.objectContaining(soundPositions)])
    ])
    await sql('ALTER DATABASE sales RENAME TO newest', 'ALTER DATABASE older RENAME TO sales')
    expectOlderSales(await examined(cwd, args))
    await sql('ALTER DATABASE sales RENAME TO older', 'CREATE DATABASE sales')
    expect((await examined(cwd, args)).findings).toContainEqual(
      expect.objectContaining({
        level: 'fault',
        about: 'sales',
        text: expect.stringContaining('has no data here')
      })
    )
    await sql('DROP DATABASE sales', 'ALTER DATABASE newest RENAME TO sales')
    expect((await examined(cwd, args)).code).toBe(0)
  })
})
