import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { played } from './session.ts'
import { type Ended, ended } from './skerry-process.ts'

const session = join(root, 'examples/guide/postgres/archiving.txt')
const partitions = 4
const rangeSpan = 1_000
const minuteMs = 60_000

describe.runIf(available('postgres', postgresMissing()))('old ranges on the command line', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  /** Bike hire on PostgreSQL, where rides has said much and an old reader has not heard all of it. */
  async function hire(): Promise<string> {
    const directory = mkdtempSync(join(tmpdir(), 'skerry-archive-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const origin = JSON.stringify(join(root, 'examples/guide/hire/skerry.config.ts'))
    const url = `postgres://postgres@127.0.0.1:${server.port}/postgres`
    const profiles = `{ postgres: { store: () => ({ kind: 'postgres', url: '${url}', connections: 2 }) } }`
    const config = `import hire from ${origin}\nexport default async (setting) => ({ ...(await hire(setting)), profiles: ${profiles} })\n`
    writeFileSync(join(directory, 'skerry.config.ts'), config)
    await server.admin('postgres', 'DROP SCHEMA IF EXISTS rides CASCADE')
    const pool = server.pool('postgres')
    const store = await postgresStore({ service: 'rides', partitions, rangeSpan, pool })
    await store.close()
    const [startMs, hourMs] = [Date.UTC(2026, 0, 1), 3_600_000]
    const acknowledged = (name: string, positions: string, ageMs: number): string =>
      `SELECT rides.acknowledge('${name}', '{${positions}}', ${Date.now() - ageMs})`
    await server.admin(
      'postgres',
      'SELECT rides.make_ranges(3000)',
      `INSERT INTO rides.log SELECT p, n, 0, 'event', 'RideBooked', 1, 'ride', 'r-' || p || '-' || n, 1,
         ${startMs} + n * ${hourMs}::float8, '', '', '', NULL, NULL, '{}'
       FROM generate_series(0, 3) AS p, generate_series(1, 2600) AS n`,
      'UPDATE rides.partition SET head = 2600',
      acknowledged('rides', '2600,2600,2600,2600', 5.5 * minuteMs),
      acknowledged('fleet', '2600,2588,2600,2600', 5.5 * minuteMs),
      acknowledged('payments', '2600,2600,2600,2600', 5.5 * minuteMs),
      acknowledged('old-report', '1203,1244,1180,1221', 40.5 * 24 * 60 * minuteMs)
    )
    return directory
  }

  /** What a program reads of commands that are typed there. */
  function typing(cwd: string): {
    readonly run: (line: string) => Promise<Ended>
    readonly said: (line: string) => Promise<Record<string, unknown>>
  } {
    const run = (line: string): Promise<Ended> =>
      ended([...line.split(' '), '--profile', 'postgres', '--json'], { cwd })
    const said = async (line: string): Promise<Record<string, unknown>> => {
      const { code, output, errors } = await run(line)
      expect({ line, code, errors }).toEqual({ line, code: 0, errors: '' })
      return JSON.parse(output)
    }
    return { run, said }
  }

  test('what the guide types says what the guide shows', async () => {
    const directory = await hire()
    const text = await played(readFileSync(session, 'utf8'), {
      directory,
      bin: join(directory, 'bin'),
      fromSource: true
    })
    await expect(text).toMatchFileSnapshot(session)
    const [row] = await server.admin('postgres', 'SELECT count(*)::int AS rows FROM rides.log')
    expect(row).toEqual({ rows: 10_400 })
  })

  test('programs read the same, and nothing is done without --yes', async () => {
    const cwd = await hire()
    const { run, said } = typing(cwd)
    const kept = {
      first: 1001,
      last: 2000,
      reasons: [expect.stringContaining('old-report has committed 1203')]
    }
    const plan = {
      service: 'rides',
      done: false,
      ranges: [expect.objectContaining({ first: 1, rows: 4_000 })],
      kept
    }
    expect(await said('archive rides --to a')).toMatchObject(plan)
    expect(await said('archive rides --to a')).toMatchObject(plan)
    // The first range was full on 11 February.
    expect(await said('archive rides --to a --before 2026-02-11')).toMatchObject({ ranges: [] })
    expect(await said('archive rides --to a --before 2026-02-12')).toMatchObject({ ranges: plan.ranges })
    // Who listens as the config has it, and was never heard of, may need all of it.
    await server.admin('postgres', `UPDATE rides.subscriber SET name = 'elsewhere' WHERE name = 'fleet'`)
    expect(await said('archive rides --to a --yes')).toMatchObject({
      ranges: [],
      kept: { first: 1, reasons: ['fleet has not said yet how far it is: run it once.'] }
    })
    await server.admin('postgres', `UPDATE rides.subscriber SET name = 'fleet' WHERE name = 'elsewhere'`)
    expect(await said('subscribers rides')).toMatchObject({
      subscribers: [
        { name: 'fleet', lag: 12 },
        { name: 'old-report', lag: 5_552 },
        { name: 'payments', lag: 0 },
        { name: 'rides', lag: 0 }
      ],
      released: 1
    })
    expect(await said('subscribers rides --remove old-report')).toMatchObject({
      done: false,
      released: [{ first: 1001 }]
    })
    for (const [line, code] of [
      ['subscribers rides --remove rides --yes', 'USAGE_INVALID'],
      ['subscribers rides --remove rides/inbox --yes', 'USAGE_INVALID'],
      ['subscribers rides --remove nobody --yes', 'SUBSCRIBER_UNKNOWN'],
      ['subscribers ridse', 'SERVICE_UNKNOWN'],
      ['archive fleet --to a', 'STORE_UNAVAILABLE']
    ] as const) {
      const { code: exit, output } = await run(line)
      expect(exit).not.toBe(0)
      expect(JSON.parse(output)).toMatchObject({ error: { code } })
    }
  })

  /** What a command says that ends with `CONFIG_INVALID`. */
  async function refused(running: Promise<Ended>): Promise<string> {
    const { code, output } = await running
    const { error } = JSON.parse(output) as { error: { code: string; message: string } }
    expect([code === 0, error.code]).toEqual([false, 'CONFIG_INVALID'])
    return error.message
  }

  test('a directory that is missing, a file, or of another log is named before anything is done', async () => {
    const cwd = await hire()
    const { run, said } = typing(cwd)
    writeFileSync(join(cwd, 'afile'), 'mine')
    for (const to of ['afile', 'afile --yes']) {
      expect(await refused(run(`archive rides --to ${to}`))).toContain('afile is a file')
    }
    expect(await refused(run('archive rides --to afile/below --yes'))).toContain('afile/below cannot be made')
    expect(readFileSync(join(cwd, 'afile'), 'utf8')).toBe('mine')
    // Nothing is archived, so nothing is looked for.
    expect(await said('archive rides --restore nowhere')).toMatchObject({ ranges: [] })
    expect(await said('archive rides --to a --yes')).toMatchObject({ done: true })
    const manifest = join(cwd, 'a', 'rides-000000000001-000000001000.json')
    const text = readFileSync(manifest, 'utf8')
    for (const yes of ['', ' --yes']) {
      const restore = (from: string): Promise<string> => refused(run(`archive rides --restore ${from}${yes}`))
      expect(await restore('nowhere')).toContain('There is no directory nowhere.')
      expect(await restore('afile')).toContain('afile is a file')
      writeFileSync(manifest, text.replace(/"hash": "[^"]+"/, '"hash": "0"'))
      expect(await restore('a')).toContain('is of another log')
      writeFileSync(manifest, 'mine')
      expect(await restore('a')).toContain('is no manifest')
      writeFileSync(manifest, text)
    }
    rmSync(manifest)
    expect(await said('archive rides --restore a')).toMatchObject({ done: false, ranges: [{ first: 1 }] })
  })

  test('a log whose old ranges are archived is not moved, and the target stays as if nobody had asked', async () => {
    const cwd = await hire()
    const { run, said } = typing(cwd)
    expect(await said('archive rides --to a --yes')).toMatchObject({ done: true })
    const { code, output } = await run('move rides --to files')
    expect([code === 0, JSON.parse(output)]).toMatchObject([
      false,
      {
        error: {
          code: 'LOG_ARCHIVED',
          message: expect.stringContaining('skerry archive rides --restore DIR')
        }
      }
    ])
    expect(existsSync(join(cwd, '.data'))).toBe(true)
    expect(existsSync(join(cwd, '.data', 'rides.db'))).toBe(false)
  })

  test('what is damaged is not put back, and what was done is written down', async () => {
    const cwd = await hire()
    const { run, said } = typing(cwd)
    expect(await said('archive rides --to a --yes')).toMatchObject({ done: true, ranges: [{ rows: 4_000 }] })
    const file = join(cwd, 'a', 'rides-000000000001-000000001000.jsonl.gz')
    const bytes = readFileSync(file)
    truncateSync(file, bytes.length - 100)
    const damaged = await run('archive rides --restore a --yes')
    expect([damaged.code, JSON.parse(damaged.output)]).toMatchObject([
      1,
      { error: { code: 'STORE_CORRUPT' } }
    ])
    rmSync(file)
    for (const yes of ['', ' --yes']) {
      const hint = await refused(run(`archive rides --restore a${yes}`))
      expect(hint).toContain('a has no rides-000000000001-000000001000.jsonl.gz')
    }
    writeFileSync(file, bytes)
    expect(await said('archive rides --restore a --yes')).toMatchObject({
      done: true,
      ranges: [{ first: 1 }]
    })
    expect(await said('archive rides --restore a --yes')).toMatchObject({ ranges: [] })
    const audit = await server.admin('postgres', 'SELECT action, by FROM rides.audit ORDER BY number')
    expect(audit.map(({ action }) => action)).toEqual(['archive', 'restore'])
    expect(audit.every(({ by }) => by !== '')).toBe(true)
  })
})
