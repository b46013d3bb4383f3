import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { restoreRange } from '../../src/cli/store-archive.ts'
import { batchOf, rowOf } from '../../src/conformance/store-stage.ts'
import { logLine, type Retention, type Store } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import type { KilledArchive } from './archive-places.ts'
import { Child } from './child.ts'

const schema = 'harbour'
const partitions = 2
const rangeSpan = 10
const said = 25
/** Two ranges leave: each has so many calls and steps at least. */
const killsLeast = 12
const killsMs = 300_000

describe.runIf(available('postgres', postgresMissing()))('an archiving that is killed', () => {
  let server: PostgresServer
  let directory = ''

  beforeAll(async () => {
    server = await PostgresServer.start()
    directory = mkdtempSync(join(tmpdir(), 'skerry-archive-'))
  }, 60_000)
  afterAll(async () => {
    await server.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  const open = (): Promise<Store> =>
    postgresStore({ service: 'harbour', schema, partitions, rangeSpan, pool: server.pool('postgres') })

  /** What is in the log once all that was archived is back. */
  async function everything(): Promise<readonly string[]> {
    const store = await open()
    try {
      const retention = store.retention as Retention
      for (const range of (await retention.archived()).toReversed())
        await restoreRange({ store, retention, directory, by: 'test' }, range)
      expect(await store.check()).toEqual([])
      const pages = await Promise.all([0, 1].map((partition) => store.read(partition, 0, 1_000)))
      return pages.flat().map(logLine)
    } finally {
      await store.close()
    }
  }

  async function killed(killBefore: number): Promise<boolean> {
    const setting: KilledArchive = { port: server.port, schema, directory, killBefore }
    const child = new Child('tests/system/archive-main.ts', [JSON.stringify(setting)])
    const how = await child.end()
    expect([how, child.stderr]).toEqual([expect.toBeOneOf([0, 'SIGKILL']), ''])
    return how === 'SIGKILL'
  }

  async function archivedRanges(): Promise<number> {
    const store = await open()
    const { length } = (await store.retention?.archived()) ?? []
    await store.close()
    return length
  }

  test(
    'has every row in the log or in its file, whichever its last call was, and is ended by doing it again',
    async () => {
      const store = await open()
      for (let each = 0; each < said; each++)
        await store.commit(
          batchOf({ log: [0, 1].map((partition) => rowOf(`k${each}`, { partition, data: { each } })) })
        )
      await store.acknowledge?.('harbour', await store.heads())
      await store.close()
      const all = await everything()
      expect(all).toHaveLength(said * partitions)

      const found = new Set<number>()
      let kills = 0
      for (let call = 1; await killed(call); call++) {
        kills += 1
        found.add(await archivedRanges())
        // What was left is ended, with whatever files are there.
        expect(await killed(0)).toBe(false)
        expect(await archivedRanges()).toBe(2)
        expect(await everything()).toEqual(all)
      }
      expect(kills).toBeGreaterThanOrEqual(killsLeast)
      expect([...found].sort()).toEqual([0, 1, 2])
      expect(readdirSync(directory).filter((name) => !name.endsWith('.tmp'))).toEqual([
        'harbour-000000000001-000000000010.json',
        'harbour-000000000001-000000000010.jsonl.gz',
        'harbour-000000000011-000000000020.json',
        'harbour-000000000011-000000000020.jsonl.gz'
      ])
    },
    killsMs
  )
})
