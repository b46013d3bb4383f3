import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from './child.ts'
import { emptyDirectory, ended, runningShop } from './skerry-process.ts'

/** That a run in the profile from which the fleet went does not begin, and what doctor says of it. */
async function expectFleetGone(cwd: string): Promise<void> {
  const gone = await ended(['run', '--split', '--profile', 'pg'], { cwd, env: { PORT: '0' } })
  expect([gone.code, gone.output]).toEqual([1, ''])
  expect(gone.errors).toMatch(
    /The profile 'pg': the data of fleet are at .*fleet\.db \(profile 'files'\) now.* The option --profile files starts it there\./
  )
  const examined = await ended(['doctor', '--profile', 'pg'], { cwd })
  expect(examined.output).toContain('of fleet are at')
  expect(examined.output).not.toMatch(/fleet +begins with nothing/)
}

describe.runIf(available('postgres', postgresMissing()))('data that a profile does not look at', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  })
  afterAll(() => server.remove())

  test('a run says which services begin with nothing although a file has their data, and its line takes these along', async () => {
    const cwd = emptyDirectory()
    const shop = JSON.stringify(join(root, 'examples/guide/command-line/skerry.config.ts'))
    const url = JSON.stringify(`postgres://postgres@127.0.0.1:${server.port}/postgres`)
    writeFileSync(
      join(cwd, 'skerry.config.ts'),
      `import config from ${shop}
      export default async (setting: Parameters<typeof config>[0]) => ({
        ...(await config(setting)),
        profiles: { pg: { store: () => ({ kind: 'postgres', url: ${url} }) } }
      })\n`
    )
    const inFiles = await runningShop(cwd)
    expect(await inFiles.place('o-1')).toBe(200)
    await inFiles.stop()
    const begun = await runningShop(cwd, {}, ['--profile', 'pg'])
    expect(begun.program.output).toMatch(
      /^but +sales begins with nothing, \.data\/sales\.db has 1 event of it.*: skerry move sales --to pg$/m
    )
    await begun.stop()
    expect(readFileSync(join(cwd, '.data', 'skerry.log'), 'utf8')).toContain(
      'a service begins with nothing, though a file has data of it'
    )
    const doctor = await ended(['doctor', '--profile', 'pg'], { cwd })
    expect([doctor.code, doctor.output]).toEqual([
      0,
      expect.stringMatching(
        /^warning +sales +begins with nothing in this profile, though \.data\/sales\.db has 1 event of it\n +-> skerry move sales --to pg$/m
      )
    ])
    const { errors, output } = await ended(['move', 'sales', '--to', 'pg'], { cwd })
    expect([errors, output]).toEqual(['', expect.stringContaining('sales')])
    const again = await runningShop(cwd, {}, ['--profile', 'pg'])
    expect(again.program.output).not.toContain('begins with nothing')
    const answer = await fetch(`${again.url}/sales/orders/o-1`)
    expect(answer.status).toBe(200)
    await again.stop()
  })

  test('a run refuses to begin a service with nothing beside one that was moved, before anything is made', async () => {
    await server.admin('postgres', 'CREATE DATABASE hire')
    const cwd = emptyDirectory()
    const hire = JSON.stringify(join(root, 'examples/guide/hire/skerry.config.ts'))
    const url = JSON.stringify(`postgres://postgres@127.0.0.1:${server.port}/hire`)
    writeFileSync(
      join(cwd, 'skerry.config.ts'),
      `import config from ${hire}
      const store = () => ({ kind: 'postgres', url: ${url} }) as const
      export default async (setting: Parameters<typeof config>[0]) => ({
        ...(await config(setting)),
        profiles: { pg: { store }, same: { store } }
      })\n`
    )
    const inFiles = await runningShop(cwd)
    const send = async (path: string, data: object): Promise<void> => {
      const headers = { 'content-type': 'application/json' }
      const sent = { method: 'POST', headers, body: JSON.stringify(data) }
      expect((await fetch(`${inFiles.url}/${path}`, sent)).status).toBe(200)
    }
    await send('fleet/bike/b-1/AddBike', { station: 'harbour' })
    await send('rides/ride/r-1/BookRide', { bikeId: 'b-1', riderId: 'ann', card: '4000' })
    await until('the ride is paid', async () =>
      (await (await fetch(`${inFiles.url}/rides/ride-list?riderId=ann`)).text()).includes('confirmed')
    )
    await inFiles.stop()
    const move = await ended(['move', 'fleet', '--to', 'pg'], { cwd })
    expect([move.code, move.output.trimEnd().split('\n').at(-1)]).toEqual([
      0,
      'Not moved yet: rides, payments; move them, too, before you run it.'
    ])
    const again = await ended(['move', 'fleet', '--to', 'pg', '--json'], { cwd })
    expect(JSON.parse(again.output)).toMatchObject({ outcome: 'there', notMoved: ['rides', 'payments'] })

    const schemas = (): Promise<unknown> =>
      server.admin('hire', "SELECT nspname FROM pg_namespace WHERE nspname IN ('rides', 'payments')")
    for (const profile of ['pg', 'same'])
      for (const shape of [[], ['--split'], ['rides', '--port', '0']]) {
        const refused = await ended(['run', ...shape, '--profile', profile], { cwd, env: { PORT: '0' } })
        expect([refused.code, refused.output]).toEqual([1, ''])
        expect(refused.errors).toContain(
          `Only fleet went to the profile '${profile}'; rides would begin with nothing, though .data/rides.db has`
        )
        expect(refused.errors).toMatch(new RegExp(`^  skerry move rides --to ${profile}$`, 'm'))
      }
    expect(await schemas()).toEqual([])
    const doctor = await ended(['doctor', '--profile', 'pg'], { cwd })
    expect([doctor.code, doctor.output]).toEqual([
      1,
      expect.stringMatching(
        /^fault +rides +begins with nothing.*skerry run refuses\n +-> skerry move rides --to pg$/m
      )
    ])

    const back = await ended(['move', 'fleet', '--to', 'files', '--profile', 'pg'], { cwd })
    expect([back.errors, back.code]).toEqual(['', 0])
    await expectFleetGone(cwd)
    expect(await schemas()).toEqual([])

    for (const service of ['fleet', 'rides', 'payments'])
      expect((await ended(['move', service, '--to', 'pg'], { cwd })).errors).toBe('')
    const whole = await runningShop(cwd, {}, ['--profile', 'pg'])
    expect(whole.program.output).not.toContain('begins with nothing')
    await whole.stop()
  })
})
