import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { freePort, until } from './child.ts'
import { isShipped, orderStatus, sendOrder } from './shop-orders.ts'
import { emptyDirectory, ended, type RunningShop, runningShop, skerry } from './skerry-process.ts'

const retail = ['--config', join(root, 'examples/retail/skerry.config.ts')]

interface LogLine {
  readonly process?: string
  readonly msg: string
  readonly pid?: number
  readonly how?: string
}

function logOf(cwd: string): readonly LogLine[] {
  const text = readFileSync(join(cwd, '.data', 'skerry.log'), 'utf8')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

async function placeOrder({ url }: RunningShop, key: string): Promise<void> {
  // As a good client: again, with the same key, while the service is not there.
  await until(`${key} is accepted`, async () => {
    const answer = await sendOrder(url, key, key)
    const body = await answer.text()
    if (answer.status !== 503)
      expect([answer.status, body]).toEqual([200, expect.stringContaining('OrderAccepted')])
    return answer.status === 200
  })
}

const delivered = (shop: RunningShop, key: string): Promise<boolean> =>
  until(`${key} is shipped`, async () => isShipped(await orderStatus(shop.url, key)), 60_000)

test('the same shop runs split, survives the kill of a service, and goes on in one process', async () => {
  const cwd = emptyDirectory()
  const shop = await runningShop(cwd, {}, ['--split', ...retail])
  expect(shop.program.output).toMatch(/^retail .*, a process for each$/m)
  const health = await fetch(`${shop.url}/health/ready`)
  expect(Object.values(((await health.json()) as { services: object }).services)).toEqual(
    Array(8).fill('running')
  )
  await placeOrder(shop, 'o-1')
  await delivered(shop, 'o-1')

  const pids = await until('every process has said its id', async () => {
    const said = logOf(cwd).flatMap(({ process: name, msg, pid }) =>
      msg === 'the system runs' && name ? [[name, pid ?? 0] as const] : []
    )
    return said.length === 8 && new Map(said)
  })
  process.kill(pids.get('billing') ?? 0, 'SIGKILL')
  process.kill(pids.get('sales') ?? 0, 'SIGKILL')
  await placeOrder(shop, 'o-2')
  await delivered(shop, 'o-2')
  const ends = logOf(cwd).filter(({ msg }) => msg === 'a process ended and is started again')
  expect(ends.map(({ process: name, how }) => [name, how]).toSorted()).toEqual([
    ['billing', 'SIGKILL'],
    ['sales', 'SIGKILL']
  ])

  expect(await shop.stop()).toMatchObject({ code: 0 })
  for (const pid of pids.values()) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  const whole = await runningShop(cwd, {}, retail)
  for (const key of ['o-1', 'o-2']) expect(await orderStatus(whole.url, key)).toSatisfy(isShipped)
})

test('the processes of a split run end with the one that started them, also when it is killed', async () => {
  const cwd = emptyDirectory()
  const shop = await runningShop(cwd, {}, [
    '--split',
    '--config',
    join(root, 'examples/readme/skerry.config.ts')
  ])
  const pids = await until('the process of sales says its id', async () => {
    const found = logOf(cwd).flatMap(({ process: name, pid }) => (name && pid ? [pid] : []))
    return found.length > 0 && found
  })
  shop.program.child.kill('SIGKILL')
  for (const pid of pids)
    await until(`process ${pid} ends`, async () => {
      try {
        process.kill(pid, 0)
        return false
      } catch {
        return true
      }
    })
})

test('a service that cannot start ends the whole run, and says why', async () => {
  const cwd = emptyDirectory()
  const blocker = await runningShop(cwd, {}, ['--split', ...retail])
  const only = skerry(['run', 'sales', ...retail], {
    cwd,
    env: { PORT: '0', SKERRY_URLS: 'x=http://127.0.0.1:1' }
  })
  expect((await only.ended).errors).toContain("SKERRY_URLS names 'x', which is no service of retail.")
  const other = await ended(['run', '--split', ...retail], { cwd, env: { PORT: '0' } })
  expect([other.code, other.errors]).toEqual([
    1,
    expect.stringMatching(/process \d+ runs retail at .* on it/)
  ])
  expect(await blocker.stop()).toMatchObject({ code: 0 })
})

test('why a process of a split run does not start is said in one sentence, with its name and no line of a log', async () => {
  const cwd = emptyDirectory()
  const readme = ['--config', join(root, 'examples/readme/skerry.config.ts')]
  const whole = await runningShop(cwd, {}, readme)
  const [service = ''] = Object.keys(
    ((await (await fetch(`${whole.url}/health/ready`)).json()) as { services: object }).services
  )
  await whole.stop()
  const file = join(cwd, '.data', `${service}.db`)
  writeFileSync(file, 'This is no database. '.repeat(1_000))
  const { code, errors, output } = await ended(['run', '--split', ...readme], { cwd, env: { PORT: '0' } })
  expect([code, output]).toEqual([1, ''])
  expect(errors.trimEnd().split('\n')).toEqual([
    expect.stringMatching(new RegExp(`^skerry: The store .* ${service} does not start\\. .*${service}\\.db`))
  ])
})

test('a run of some services proposes what these take', async () => {
  const elsewhere = ['catalog', 'pricing', 'inventory', 'billing', 'shipping', 'fulfilment', 'notifications']
  const proposedBy = async (here: string, others: readonly string[]): Promise<string | undefined> => {
    const SKERRY_URLS = others.map((name) => `${name}=http://127.0.0.1:9`).join(',')
    const env = { SKERRY_URLS, PORT: `${await freePort()}` }
    const part = await runningShop(emptyDirectory(), env, [here, ...retail])
    await part.stop()
    return /^(?:commands|try it) +(.*)$/m.exec(part.program.output)?.[1]?.replace(part.url, 'URL')
  }
  const others = elsewhere.filter((name) => name !== 'billing')
  expect(await proposedBy('billing', ['sales', ...others])).toMatch(/^POST URL\/billing\//)
  expect(await proposedBy('sales', elsewhere)).toMatch(/^(?:curl|POST) URL\/sales\//)
})

const mistakes: readonly (readonly [line: readonly string[], env: Record<string, string>, said: string])[] = [
  [['sale'], {}, "retail has no service 'sale': did you mean 'sales'?"],
  [
    ['sales', '--split'],
    {},
    'Either name the services of this process, or let --split start a process for each.'
  ],
  [['sales'], {}, 'run elsewhere: say where, with SKERRY_URLS=catalog=http://127.0.0.1:4001,...'],
  [['sales'], { SKERRY_URLS: 'catalog=4001' }, "SKERRY_URLS has '4001' for catalog"]
]

test.each(mistakes)('skerry run %j with %j is refused with words that help', async (line, env, said) => {
  const { code, errors } = await ended(['run', ...line, ...retail], { cwd: emptyDirectory(), env })
  expect(code).toBeGreaterThan(0)
  expect(errors).toContain(said)
})
