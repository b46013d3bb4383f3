import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { root } from '../../scripts/source-files.ts'
import { natsMissing, natsServer } from '../servers/nats-server.ts'
import { postgresBinaries, postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { freePort, until } from './child.ts'
import { isShipped, orderStatus, sendOrder } from './shop-orders.ts'
import { emptyDirectory, ended, runningShop } from './skerry-process.ts'

const retail = ['--config', join(root, 'examples/retail/skerry.config.ts')]
const services = 8

interface ComposeFile {
  readonly name: string
  readonly services: Readonly<
    Record<
      string,
      {
        readonly ports: readonly string[]
        readonly command?: readonly string[]
        readonly healthcheck?: { readonly test: readonly string[] }
      }
    >
  >
  readonly configs: Readonly<Record<string, { readonly content: string }>>
}

interface Found {
  readonly level: string
  readonly about: string
  readonly text: string
  readonly mend?: string
  readonly services?: readonly string[]
}

async function examined(
  cwd: string,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<readonly Found[]> {
  const { output, errors } = await ended(['doctor', '--json', ...retail, ...args], { cwd, env })
  expect(errors).toBe('')
  return (JSON.parse(output) as { readonly findings: readonly Found[] }).findings
}

test('up needs a profile that has servers, and passwords for them; a file that is there is left as it is', async () => {
  const cwd = emptyDirectory()
  const said = async (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string> => {
    const { code, output, errors } = await ended(['up', ...args], { cwd, env })
    expect([code === 0, output]).toEqual([false, ''])
    return errors
  }
  expect(await said({}, ...retail)).toContain('skerry up --profile NAME')
  expect(await said({}, ...retail, '--profile', 'nats')).toContain('has no password')
  writeFileSync(join(cwd, 'compose.yaml'), 'mine')
  const env = { DATABASE_PASSWORD: 'secret' }
  expect(await said(env, ...retail, '--profile', 'nats', '--out', 'compose.yaml')).toContain(
    'compose.yaml is there already'
  )
  expect(readFileSync(join(cwd, 'compose.yaml'), 'utf8')).toBe('mine')
  expect(await said(env, ...retail, '--profile', 'nats', '--out', 'none/compose.yaml')).toContain(
    'There is no directory none: make it, or name another file.'
  )
  const plain = 'export default { system: { name: "s", services: new Map() }, profiles: { files: {} } }\n'
  writeFileSync(join(cwd, 'skerry.config.js'), plain)
  expect(await said({}, '--profile', 'files')).toContain("The profile 'files' needs no server")
})

test('the servers of up listen where the profile looks for them, on this machine only', async () => {
  const cwd = emptyDirectory()
  const env = {
    DATABASE_URL: 'postgres://db.example:6543/shop',
    DATABASE_PASSWORD: `it's "so" $ecret`,
    NATS_URL: 'nats://127.0.0.1:5222'
  }
  const file = join(cwd, 'compose.yaml')
  const { code } = await ended(['up', ...retail, '--profile', 'nats', '--out', file], { cwd, env })
  expect([code, statSync(file).mode & 0o777]).toEqual([0, 0o600])
  const { name, services: servers, configs } = parse(readFileSync(file, 'utf8')) as ComposeFile
  expect([name, Object.keys(servers)]).toEqual(['retail', ['postgres', 'nats']])
  expect(servers['postgres']?.ports).toEqual(['127.0.0.1:6543:5432'])
  // A server that makes its roles answers by a socket, and is not there yet.
  expect(servers['postgres']?.healthcheck?.test.join(' ')).toContain('pg_isready -h 127.0.0.1')
  expect(servers['nats']).toMatchObject({ ports: ['127.0.0.1:5222:4222'] })
  expect(servers['nats']?.command).toContain('--jetstream')
  expect(configs['postgres-roles']?.content).toContain(`PASSWORD 'it''s "so" $$ecret';`)
})

test('a password is the one that was given, several brokers stand with commas, and the shop of many has room', async () => {
  const cwd = emptyDirectory()
  const made = async (profile: string, env: Readonly<Record<string, string>>): Promise<ComposeFile> => {
    const { output, errors } = await ended(['up', ...retail, '--profile', profile], { cwd, env })
    expect(errors).toBe('')
    return parse(output) as ComposeFile
  }
  for (const password of ['a%41b', 'p@ss:w/rd?#', 'ends with %']) {
    const file = await made('many', { DATABASE_PASSWORD: password })
    expect(file.configs['postgres-roles']?.content).toContain(`"sales" LOGIN PASSWORD '${password}';`)
    expect(Object.keys(file.services)).toEqual(['postgres', 'nats'])
    expect(file.services['postgres']).not.toHaveProperty('command')
  }
  const clusters = {
    DATABASE_PASSWORD: 'secret',
    KAFKA_BROKERS: 'k1:9092,k2:9092',
    NATS_URL: 'nats://n1:4222,nats://n2:4222'
  }
  expect(Object.keys((await made('kafka', clusters)).services)).toEqual(['postgres', 'kafka'])
  expect(Object.keys((await made('nats', clusters)).services)).toEqual(['postgres', 'nats'])
  const polyglot = ['--config', join(root, 'examples/polyglot/skerry.config.ts')]
  const { output, errors } = await ended(['up', ...polyglot, '--profile', 'nats'], { cwd, env: clusters })
  expect([errors, Object.keys((parse(output) as ComposeFile).services)]).toEqual(['', ['nats']])
})

/** A directory with a config of services whose profiles are these, by their source. */
function configOf(services: readonly string[], profiles: string): string {
  const cwd = emptyDirectory()
  const named = JSON.stringify(services.map((name) => [name, {}]))
  writeFileSync(
    join(cwd, 'skerry.config.js'),
    `export default { system: { name: 's', services: new Map(${named}) }, profiles: { ${profiles} } }\n`
  )
  return cwd
}

test('up makes what finds the services as well, also where no service keeps its data', async () => {
  const cwd = configOf(
    ['a', 'b'],
    `board: { discovery: () => ({ kind: 'postgres', url: 'postgres://finder:x@127.0.0.1:6543/where' }) },
     bucket: { discovery: () => ({ kind: 'nats', servers: 'nats://127.0.0.1:5222' }) },
     beside: {
       store: (service) => ({ kind: 'postgres', url: \`postgres://\${service}:x@127.0.0.1:6543/postgres\` }),
       discovery: () => ({ kind: 'postgres', url: 'postgres://postgres:x@127.0.0.1:6543/postgres' })
     },
     crowd: {
       store: (service) => ({ kind: 'postgres', url: \`postgres://one:x@127.0.0.1:6543/\${service}\`, connections: 4 }),
       instances: { a: 8, b: 16 }
     },
     odd: {
       store: (service) => ({ kind: 'postgres', url: \`postgres://one:\${service}@127.0.0.1:6543/shop\` })
     }`
  )
  const made = async (profile: string): Promise<ComposeFile> =>
    parse((await ended(['up', '--profile', profile], { cwd })).output) as ComposeFile
  const script = (file: ComposeFile): readonly string[] =>
    file.configs['postgres-roles']?.content.split('\n') ?? []
  const board = script(await made('board'))
  expect(board).toContain(`CREATE ROLE "finder" LOGIN PASSWORD 'x';`)
  expect(board).toContain('GRANT CONNECT ON DATABASE "where" TO "finder";')
  expect(board.filter((line) => line.startsWith('CREATE UNLOGGED TABLE'))).toHaveLength(1)
  expect(Object.keys((await made('bucket')).services)).toEqual(['nats'])
  const beside = script(await made('beside'))
  // The role and the database that every server has are not made a second time.
  expect(beside).toContain(`ALTER ROLE "postgres" LOGIN PASSWORD 'x';`)
  expect(beside.filter((line) => line.startsWith('CREATE DATABASE'))).toEqual([])
  expect(beside).toContain('GRANT CONNECT ON DATABASE "postgres" TO "a", "postgres", "b";')
  expect((await made('beside')).services['postgres']).not.toHaveProperty('command')
  // 24 processes with 4 connections and one that hears of commits, and 13 for others.
  const crowd = (await made('crowd')).services['postgres']
  expect(crowd?.command).toEqual(['-c', 'max_connections=133'])
  const { errors } = await ended(['up', '--profile', 'odd'], { cwd })
  expect(errors).toContain("two passwords for the role 'one'")
})

test('a server that is away is one fault for all its services', async () => {
  const port = await freePort()
  const env = { DATABASE_URL: `postgres://127.0.0.1:${port}/shop`, DATABASE_PASSWORD: 'secret' }
  const found = await examined(emptyDirectory(), env, '--profile', 'postgres')
  const faults = found.filter(({ level }) => level === 'fault')
  expect(faults.map(({ about, services: named }) => [about, named?.length])).toEqual([
    ['store', services],
    ['discovery', services]
  ])
  for (const { mend } of faults)
    expect(mend).toMatch(/^start it \(skerry up --profile postgres prints .*or mend its address/)
  for (const { text } of faults)
    expect(text).toMatch(
      new RegExp(
        `^PostgreSQL at 127\\.0\\.0\\.1:${port}/shop: .*ECONNREFUSED.* \\(for catalog, .*notifications\\)$`
      )
    )
})

describe.runIf(available('nats', natsMissing()))('with NATS', () => {
  test('doctor makes nothing there, says what the first run makes, and finds it when it is made', async () => {
    const nats = await natsServer()
    onTestFinished(() => nats.remove())
    const place = `{ kind: 'nats', servers: '${nats.url}' }`
    const cwd = configOf(['a', 'b'], `nats: { bus: ${place}, discovery: () => (${place}) }`)
    const connection = await connect({ servers: nats.url })
    onTestFinished(() => connection.close())
    const manager = await jetstreamManager(connection)
    const look = async (): Promise<readonly string[]> => {
      const { output } = await ended(['doctor', '--json', '--profile', 'nats'], { cwd })
      const { findings } = JSON.parse(output) as { readonly findings: readonly Found[] }
      return findings
        .filter(({ about }) => about === 'bus' || about === 'discovery')
        .map(({ level, text }) => `${level}: ${text}`)
    }
    expect(await look()).toEqual([
      'ok: NATS answers; the stream skerry will be made at the first run',
      'ok: NATS answers; the bucket of instances will be made at the first run'
    ])
    expect((await manager.getAccountInfo()).streams).toBe(0)
    await manager.streams.add({ name: 'skerry', subjects: ['skerry.>'] })
    await new Kvm(connection).create('skerry-instances')
    expect((await manager.getAccountInfo()).streams).toBe(2)
    expect(await look()).toEqual([
      'ok: NATS answers, and keeps the stream',
      'ok: every service finds the others'
    ])
  })
})

describe.runIf(available('postgres', postgresMissing()))('with PostgreSQL', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  })
  afterAll(() => server.remove())

  const envOf = (): Record<string, string> => ({
    DATABASE_URL: `postgres://127.0.0.1:${server.port}/shop`,
    DATABASE_PASSWORD: 'secret'
  })

  test('the script of up makes what doctor asks for, and doctor says what is missing before', async () => {
    const cwd = emptyDirectory()
    const before = await examined(cwd, envOf(), '--profile', 'postgres')
    const faults = before.filter(({ level }) => level === 'fault')
    // One cause is said once, for all whom it concerns.
    expect(faults.map(({ about, services: named }) => [about, named?.length])).toEqual([
      ['store', services],
      ['discovery', services]
    ])
    for (const { text, mend } of faults) {
      expect(text).toContain('role "..." does not exist')
      expect(text).not.toContain('nothing was acknowledged')
      expect(mend).toMatch(/^make it with the statements that skerry up --profile postgres prints/)
    }

    const { output } = await ended(['up', ...retail, '--profile', 'postgres'], { cwd, env: envOf() })
    const script = (parse(output) as ComposeFile).configs['postgres-roles']?.content ?? ''
    expect(script).toContain('CREATE SCHEMA "sales" AUTHORIZATION "sales";')
    const psql = join(postgresBinaries() ?? '', 'psql')
    const address = ['-h', '127.0.0.1', '-p', `${server.port}`, '-U', 'postgres', '-d', 'postgres']
    const ran = spawnSync(psql, ['-v', 'ON_ERROR_STOP=1', ...address], { input: script, encoding: 'utf8' })
    expect([ran.stderr, ran.status]).toEqual(['', 0])

    const after = await examined(cwd, envOf(), '--profile', 'postgres')
    expect(after.filter(({ level }) => level !== 'ok')).toEqual([])
    expect(after.filter(({ text }) => text.endsWith('the first run makes the tables'))).toHaveLength(services)
    expect(after.filter(({ text }) => text === 'every service finds the others')).toHaveLength(1)
  })

  test('a password that is missing or wrong is one fault, in words of the profile', async () => {
    const guarded = await PostgresServer.start()
    onTestFinished(() => guarded.remove())
    await guarded.admin(
      'postgres',
      "CREATE ROLE a LOGIN PASSWORD 'right'",
      "CREATE ROLE b LOGIN PASSWORD 'right'",
      `DO $$ BEGIN EXECUTE format('COPY (SELECT unnest(ARRAY[%L, %L])) TO %L',
        'host all postgres all trust', 'host all all all scram-sha-256', current_setting('hba_file')); END $$`,
      'SELECT pg_reload_conf()'
    )
    const place = `127.0.0.1:${guarded.port}/postgres`
    const storeOf = (login: string): string =>
      `{ store: (service) => ({ kind: 'postgres', url: \`postgres://${login}@${place}\` }) }`
    const profiles = ['$' + '{service}', '$' + '{service}:wrong'].map(storeOf)
    const cwd = configOf(['a', 'b'], `none: ${profiles[0]}, wrong: ${profiles[1]}`)
    const told = async (profile: string): Promise<readonly Found[]> => {
      const { output } = await ended(['doctor', '--json', '--profile', profile], { cwd })
      const { findings } = JSON.parse(output) as { readonly findings: readonly Found[] }
      return findings.filter(({ level }) => level === 'fault')
    }
    const named = { about: 'store', services: ['a', 'b'] }
    // The server reads its rules a moment after it was asked to.
    await until('passwords are asked for', async () => (await told('none'))[0]?.text.includes('password'))
    expect(await told('none')).toMatchObject([{ ...named, text: 'the profile gives no password (for a, b)' }])
    expect(await told('wrong')).toMatchObject([
      {
        ...named,
        text: `PostgreSQL at ${place}: password authentication failed for user "..." (for a, b)`,
        mend: expect.stringMatching(/^mend the password .* skerry up --profile wrong prints$/)
      }
    ])
  })

  test.runIf(available('nats', natsMissing()))(
    'a run starts and works while the broker is away, and uses it when it comes',
    async () => {
      const port = await freePort()
      const env = { NATS_URL: `nats://127.0.0.1:${port}`, DATABASE_PASSWORD: 'secret' }
      // Without the database: what is looked at is the broker.
      const config = join(root, 'examples/retail/skerry.config.ts')
      const cwd = emptyDirectory()
      writeFileSync(
        join(cwd, 'skerry.config.ts'),
        `import shop from ${JSON.stringify(config)}
        export default async (setting: Parameters<typeof shop>[0]) => ({
          ...(await shop(setting)),
          profiles: { nats: { bus: { kind: 'nats', servers: setting.env.NATS_URL } } }
        })\n`
      )
      const shop = await runningShop(cwd, env, ['--split', '--profile', 'nats'])
      const order = async (key: string): Promise<void> => {
        const answer = await sendOrder(shop.url, key)
        expect(answer.status).toBe(200)
        await until(`${key} is shipped`, async () => isShipped(await orderStatus(shop.url, key)))
      }
      const log = (): string => readFileSync(join(cwd, '.data', 'skerry.log'), 'utf8')
      expect(log()).toContain('the broker does not answer; news come by the feeds until it does')
      await order('o-1')
      const nats = await natsServer({ port })
      onTestFinished(() => nats.remove())
      await until('every process uses it', async () => log().split('the broker answers').length > services)
      await order('o-2')
      await nats.kill()
      await order('o-3')
    }
  )
})
