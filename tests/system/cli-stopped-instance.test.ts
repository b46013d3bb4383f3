import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { standsStill } from '../servers/process-state.ts'
import { available } from '../servers/required.ts'
import { until } from './child.ts'
import { emptyDirectory, runningShop } from './skerry-process.ts'

/** Far below the minute after which a caller is cut off, far above what a busy machine needs for one answer. */
const someSeconds = 20_000

/** A directory with the config of the README, whose service has two processes on a database. */
function directoryOf(port: number): string {
  const cwd = emptyDirectory()
  const origin = JSON.stringify(join(root, 'examples/readme/skerry.config.ts'))
  const store = `{ kind: 'postgres', url: 'postgres://postgres@127.0.0.1:${port}/postgres' }`
  writeFileSync(
    join(cwd, 'skerry.config.ts'),
    `import config from ${origin}
export default { ...config, profiles: { two: { store: () => (${store}), instances: { sales: 2 } } } }
`
  )
  return cwd
}

/** The ids of the processes of a run, by their names. */
function pidsOf(cwd: string): ReadonlyMap<string, number> {
  const lines = readFileSync(join(cwd, '.data', 'skerry.log'), 'utf8')
    .split('\n')
    .slice(0, -1)
  const said = lines.map((line): { process?: string; pid?: number } => JSON.parse(line))
  return new Map(said.flatMap(({ process: name, pid }) => (name && pid ? [[name, pid] as const] : [])))
}

/** A signal to one of them; one that stands still would not see that the run ends. */
function signalled(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  process.kill(pid, signal)
  if (signal === 'SIGCONT') return
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // It has ended.
    }
  })
}

interface Told {
  readonly status: number
  readonly retryAfter: string | null
  readonly text: string
}

async function placed(url: string, key: string): Promise<Told> {
  const answer = await fetch(`${url}/sales/order/${key}/PlaceOrder`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ customerId: 'c-1', total: 5 }),
    signal: AbortSignal.timeout(someSeconds)
  })
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() }
}

/** Which of them answer two questions, one after the other. */
async function askedOf(url: string): Promise<ReadonlySet<string>> {
  const asked = new Set<string>()
  for (let count = 0; count < 2; count++) {
    const answer = await fetch(`${url}/admin/sales/status`, { signal: AbortSignal.timeout(someSeconds) })
    if (answer.ok) asked.add(((await answer.json()) as { readonly instance: string }).instance)
  }
  return asked
}

const keysOf = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`)

describe.runIf(available('postgres', postgresMissing()))('a service of two processes', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  })
  afterAll(() => server.remove())

  test('answers all commands within seconds while one of them stands still, and with it when it goes on', async () => {
    const cwd = directoryOf(server.port)
    const { url, stop } = await runningShop(cwd, {}, ['--split', '--profile', 'two'])
    const pids = await until('both have said their ids', async () => {
      const known = pidsOf(cwd)
      return known.size === 2 && known
    })
    const [first, second] = [pids.get('sales.1') ?? 0, pids.get('sales.2') ?? 0]
    await until('both are asked in turn', async () => (await askedOf(url)).size === 2)
    for (const key of keysOf('before', 4)) expect(await placed(url, key)).toMatchObject({ status: 200 })

    const without = async (pid: number, name: string): Promise<void> => {
      signalled(pid, 'SIGSTOP')
      await until(`${pid} stands still`, async () => standsStill(pid))
      // Some of these may be sent before anybody can know; who sent them is told to send again.
      const atOnce = await Promise.all(keysOf(`${name}-at-once`, 8).map((key) => placed(url, key)))
      for (const { status, retryAfter, text } of atOnce.filter((each) => each.status !== 200))
        expect([status, retryAfter, text]).toEqual([503, '1', expect.stringContaining('It runs sales.')])
      expect(atOnce.map(({ status }) => status)).toContain(200)
      for (const key of [...keysOf(name, 8), ...keysOf(`${name}-at-once`, 8)])
        expect([key, await placed(url, key)]).toMatchObject([key, { status: 200 }])
      expect(standsStill(pid)).toBe(true)
    }
    await without(first, 'without-first')
    signalled(first, 'SIGCONT')
    await until('the first goes on', async () => !standsStill(first))
    await until('both are asked in turn', async () => (await askedOf(url)).size === 2)
    await without(second, 'without-second')
    signalled(second, 'SIGCONT')
    expect(await stop()).toMatchObject({ code: 0 })
  })
})
