import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { shopServices } from '../servers/shop-database.ts'
import { describeOnShopServers } from '../servers/shop-servers.ts'
import { freePort } from './child.ts'
import { sendOrder } from './shop-orders.ts'
import { emptyDirectory, ended, type Program, skerry } from './skerry-process.ts'

const retail = ['--config', join(root, 'examples/retail/skerry.config.ts')]
const hire = ['--config', join(root, 'examples/guide/hire/skerry.config.ts')]
const hired = ['fleet', 'payments', 'rides']

interface Found {
  readonly healthy: boolean
  readonly findings: readonly { readonly level: string; readonly about: string; readonly text: string }[]
}

type Env = Readonly<Record<string, string>>

/** What the doctor finds, each as one line. */
async function examined(cwd: string, env: Env, args: readonly string[]): Promise<readonly string[]> {
  const { code, output, errors } = await ended(['doctor', '--json', ...args], { cwd, env })
  expect(errors).toBe('')
  const { healthy, findings } = JSON.parse(output) as Found
  expect(code).toBe(healthy ? 0 : 1)
  return findings.map(({ level, about, text }) => `${level} ${about}: ${text}`)
}

async function inspected(cwd: string, env: Env, args: readonly string[]): Promise<Record<string, string>> {
  const { output, errors } = await ended(['inspect', '--json', ...args], { cwd, env })
  expect(errors).toBe('')
  const { services } = JSON.parse(output) as { services: readonly { service: string; state: string }[] }
  return Object.fromEntries(services.map(({ service, state }) => [service, state]))
}

const allRun = (services: readonly string[]): Record<string, string> =>
  Object.fromEntries(services.map((service) => [service, 'running']))

/** Bike hire in three processes that know the addresses of each other, on one data directory. */
async function hireApart(
  cwd: string
): Promise<readonly [processes: readonly Program[], urls: readonly string[]]> {
  const ports = await Promise.all(hired.map(freePort))
  const urls = hired.map((service, index) => `${service}=http://127.0.0.1:${ports[index]}`)
  const processes = hired.map((service, index) => {
    const args = ['run', service, '--port', `${ports[index]}`, '--log', ...hire]
    return skerry(args, { cwd, env: { SKERRY_URLS: urls.join() } })
  })
  await Promise.all(processes.map((each) => each.until(/"the system runs"/)))
  return [processes, urls]
}

test('services that were started one by one are asked like one system, where SKERRY_URLS says they are', async () => {
  const cwd = emptyDirectory()
  const [processes, urls] = await hireApart(cwd)
  const env = { SKERRY_URLS: urls.join() }
  const places = urls.map((one) => one.split('=')[1]).toSorted()
  const well = await examined(cwd, env, hire)
  expect(well).toContain(`ok system: hire runs at ${places.join(', ')}`)
  for (const service of hired) expect(well).toContain(`ok ${service}: 0 messages, files and states are sound`)
  expect(await inspected(cwd, env, hire)).toEqual(allRun(hired))
  const letters = await ended(['dlq', 'list', ...hire], { cwd, env })
  expect(letters).toMatchObject({ code: 0, output: 'There are none.\n', errors: '' })
  const rebuilt = await ended(['rebuild', 'rides/ride-list', '--wait', ...hire], { cwd, env })
  expect(rebuilt.output).toContain('rides/ride-list is rebuilt')

  const [fleet] = processes
  fleet?.child.kill('SIGKILL')
  await fleet?.ended
  expect(await inspected(cwd, env, hire)).toEqual({ ...allRun(hired), fleet: 'unreachable' })
  expect((await examined(cwd, env, hire)).filter((line) => line.startsWith('fault'))).toEqual([
    expect.stringMatching(/^fault fleet: cannot be reached: .*ECONNREFUSED/)
  ])
})

test('a service that nobody names is told as unreachable, and does not hide the others', async () => {
  const cwd = emptyDirectory()
  const [, urls] = await hireApart(cwd)
  const env = { SKERRY_URLS: urls.slice(1).join() }
  expect(await inspected(cwd, env, hire)).toEqual({ ...allRun(hired), fleet: 'unreachable' })
  const found = await examined(cwd, env, hire)
  expect(found).toContain('ok rides: 0 messages, files and states are sound')
  expect(found.filter((line) => line.startsWith('fault'))).toEqual([
    expect.stringContaining('fleet does not answer (nobody knows where it is)')
  ])
  const letters = await ended(['dlq', 'list', ...hire], { cwd, env })
  expect([letters.code, letters.errors]).toEqual([1, expect.stringContaining('fleet cannot be reached')])
  const rebuilt = await ended(['rebuild', 'rides/ride-list', '--wait', ...hire], { cwd, env })
  expect(rebuilt.output).toContain('rides/ride-list is rebuilt')
})

test('a service that speaks of itself to its own machine only does not hide the others', async () => {
  const cwd = emptyDirectory()
  const [, urls] = await hireApart(cwd)
  const [fleet, ...others] = urls
  const port = await freePort()
  const open = skerry(['run', 'fleet', '--host', '0.0.0.0', '--port', `${port}`, '--log', ...hire], {
    cwd: emptyDirectory(),
    env: { SKERRY_URLS: others.join() }
  })
  await open.until(/"the system runs"/)
  expect(fleet).toContain('fleet=')
  // By a name that is none of this machine, as somebody elsewhere would ask.
  const env = { SKERRY_URLS: [`fleet=http://0.0.0.0:${port}`, ...others].join() }
  expect(await inspected(cwd, env, hire)).toEqual({ ...allRun(hired), fleet: 'unreachable' })
  const shown = await ended(['inspect', ...hire], { cwd, env })
  expect([shown.code, shown.errors]).toEqual([1, ''])
  expect(shown.output).toMatch(/^fleet +refuses +- /m)
  expect(shown.output).toMatch(
    /^fleet runs, but does not say here how it is: The administration answers only/m
  )
  expect(shown.output).toMatch(/^rides +running +\d/m)
  const found = await examined(cwd, env, hire)
  expect(found.filter((line) => !line.startsWith('ok'))).toEqual([
    expect.stringMatching(/^warning fleet: runs, .* The administration answers only .* its own machine/)
  ])
  const { code, output } = await ended(['doctor', ...hire], { cwd, env })
  expect([code, output]).toEqual([
    0,
    expect.stringContaining('-> ask on its own machine: skerry doctor --url')
  ])
  const letters = await ended(['dlq', 'list', ...hire], { cwd, env })
  expect([letters.code, letters.errors]).toEqual([
    1,
    expect.stringMatching(/^fleet runs, but does not say here/)
  ])
  const asked = await ended(['dlq', 'list', '--json', ...hire], { cwd, env })
  const told = (JSON.parse(asked.output) as { services: readonly { service: string; code?: string }[] })
    .services
  expect(Object.fromEntries(told.map(({ service, code }) => [service, code]))).toEqual({
    fleet: 'ADMIN_REFUSED',
    payments: undefined,
    rides: undefined
  })
  // What is asked of that service alone fails with the code, and with 1 as all that fails.
  const alone = [
    ['inspect', 'fleet'],
    ['inspect', 'fleet/bike'],
    ['dlq', 'list', 'fleet'],
    ['dlq', 'show', 'fleet/1']
  ]
  for (const line of alone) {
    const refused = await ended([...line, '--json', ...hire], { cwd, env })
    expect({ line, code: refused.code }).toEqual({ line, code: 1 })
    expect(refused.output).toContain('ADMIN_REFUSED')
  }
})

test('where nothing says where services run, the command line says so, and how to say it', async () => {
  const cwd = emptyDirectory()
  const [processes, urls] = await hireApart(cwd)
  const unused = await freePort()
  for (const line of [['inspect'], ['dlq', 'list']]) {
    const { code, errors } = await ended([...line, ...hire], { cwd })
    expect(code).toBe(1)
    expect(errors).toContain('but fleet, payments, rides run there.')
    expect(errors).toContain('with --url http://127.0.0.1:4001')
  }
  expect(await examined(cwd, {}, hire)).toContain(
    'warning system: does not run as a whole, but fleet, payments, rides run: where, nobody says'
  )
  // Where they are not, as after a port was mistyped.
  const wrong = { SKERRY_URLS: hired.map((service) => `${service}=http://127.0.0.1:${unused}`).join() }
  const { errors: astray } = await ended(['inspect', ...hire], { cwd, env: wrong })
  expect(astray).toContain('fleet, payments, rides run on .data, but nobody answers where SKERRY_URLS')
  expect(await examined(cwd, wrong, hire)).toContainEqual(
    expect.stringMatching(/^warning system: .* fleet, payments, rides run: nobody answers where SKERRY_URLS/)
  )
  const [, url = ''] = urls[2]?.split('=') ?? []
  expect(await inspected(cwd, {}, ['--url', url])).toEqual(allRun(['rides']))

  for (const { child } of processes) child.kill('SIGTERM')
  for (const { ended: end } of processes) expect((await end).code).toBe(0)
  expect(await examined(cwd, {}, hire)).toContain('ok system: does not run')
  const { errors } = await ended(['inspect', ...hire], { cwd, env: { SKERRY_URLS: urls.join() } })
  expect(errors).toContain('nobody answers where SKERRY_URLS or the discovery of the profile says')
})

describeOnShopServers('with a board of instances', (servers) => {
  test('a service on the board that is none of this system is not asked', async () => {
    const asked: string[] = []
    const other = createServer(({ url = '' }, answer) => {
      asked.push(url)
      answer.end('{}')
    })
    onTestFinished(() => other[Symbol.asyncDispose]())
    const port = await freePort()
    await once(other.listen(port, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${port}`
    const post = (service: string): Promise<unknown> =>
      servers().postgres.admin(
        'retail',
        `INSERT INTO discovery.instance (service, url, seen) VALUES ('${service}', '${url}', clock_timestamp() + interval '1 minute')`
      )
    const { env } = servers()
    const cwd = emptyDirectory()
    const chosen = ['--profile', 'postgres', ...retail]
    await post('elsewhere')
    expect(await examined(cwd, env, chosen)).toContain('ok system: does not run, and has no data yet')
    const { errors } = await ended(['inspect', ...chosen], { cwd, env })
    expect(errors).toContain('nobody answers where SKERRY_URLS or the discovery of the profile says')
    expect(asked).toEqual([])
    // The same entry under a name of this system is one to ask.
    await post('sales')
    await ended(['inspect', ...chosen], { cwd, env })
    expect(asked).toContain('/health/live')
  })

  test.each(['postgres', 'nats'])(
    'the command line finds services that were started one by one, by %s',
    async (profile) => {
      const { env } = servers()
      const chosen = ['--profile', profile, ...retail]
      const parts = [shopServices.slice(0, 4), shopServices.slice(4)]
      const ports = await Promise.all(parts.map(freePort))
      const processes = parts.map((services, index) =>
        skerry(['run', ...services, '--port', `${ports[index]}`, '--log', ...chosen], {
          cwd: emptyDirectory(),
          env
        })
      )
      await Promise.all(processes.map((each) => each.until(/"the system runs"/)))
      const sent = await sendOrder(`http://127.0.0.1:${ports[0]}`, 'o-1')
      expect([sent.status, await sent.text()]).toEqual([200, expect.stringContaining('OrderAccepted')])

      // From a directory in which nothing runs.
      const cwd = emptyDirectory()
      const places = ports.map((port) => `http://127.0.0.1:${port}`).toSorted()
      expect(await examined(cwd, env, chosen)).toContain(`ok system: retail runs at ${places.join(', ')}`)
      expect(await inspected(cwd, env, chosen)).toEqual(allRun(shopServices))
      const history = await ended(['inspect', 'sales/order/o-1', '--history', ...chosen], { cwd, env })
      expect(history.output).toContain('OrderAccepted')
      const letters = await ended(['dlq', 'list', ...chosen], { cwd, env })
      expect(letters).toMatchObject({ code: 0, errors: '' })

      for (const { child } of processes) child.kill('SIGTERM')
      for (const { ended: end } of processes) expect((await end).code).toBe(0)
      const gone = await ended(['inspect', ...chosen], { cwd, env })
      expect(gone.errors).toContain('nobody answers where SKERRY_URLS or the discovery of the profile says')
      expect(await examined(cwd, env, chosen)).toContain('ok system: does not run, and has no data yet')
    }
  )
})
