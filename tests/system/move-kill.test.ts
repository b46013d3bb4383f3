import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresCopy, postgresStore } from '../../src/adapters/postgres/index.ts'
import { sqliteCopy, sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { type MoveReport, moveStore } from '../../src/cli/store-move.ts'
import { emptyBatch, type NewLogRow, type Store, type StoreCopy } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { Child } from './child.ts'
import type { MovePlace } from './move-places.ts'

const service = 'harbour'
/** A move of so little data has about so many calls; each is the last of one move in each direction. */
const callsLeast = 40
const killsMs = 500_000

const row: NewLogRow = {
  partition: 0,
  kind: 'event',
  type: 'ShipMoored',
  version: 1,
  unit: 'berth',
  key: 'Aurora',
  sequence: 1,
  previous: 0,
  timeMs: 1,
  correlationId: '',
  causationId: '',
  traceparent: '',
  data: { ship: 'Aurora' }
}

async function fill(store: Store): Promise<void> {
  await store.addGeneration('board', 1, 1, ['at'], 'live')
  await store.commit({
    ...emptyBatch,
    log: [row, { ...row, partition: 1 }],
    states: [
      {
        unit: 'berth',
        key: 'Aurora',
        expected: 0,
        version: 1,
        sequence: 1,
        lastPosition: 0,
        revision: 1,
        data: {}
      }
    ],
    projections: [{ projection: 'board', generation: 1, key: 'Aurora', data: { at: 1 } }]
  })
}

describe.runIf(available('postgres', postgresMissing()))('a move that is killed', () => {
  let server: PostgresServer
  let directory = ''
  let places: readonly [MovePlace, MovePlace] = [{}, {}]

  beforeAll(async () => {
    server = await PostgresServer.start()
    directory = mkdtempSync(join(tmpdir(), 'skerry-move-'))
    places = [{ file: join(directory, 'harbour.db') }, { schema: 'harbour', port: server.port }]
  })
  afterAll(async () => {
    await server.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  const copyOf = ({ file }: MovePlace): StoreCopy =>
    file === undefined
      ? postgresCopy({ service, schema: 'harbour', pool: server.pool('postgres') })
      : sqliteCopy({ service, file })

  const openAt = ({ file }: MovePlace): Promise<Store> =>
    file === undefined
      ? postgresStore({ service, partitions: 2, pool: server.pool('postgres') })
      : sqliteStore({ service, partitions: 2, file })

  /** Which of the two places can be opened as a store; a place where nothing is would become an empty one. */
  async function usable(source: MovePlace, target: MovePlace): Promise<string> {
    const found: string[] = []
    for (const [name, place] of [
      ['source', source],
      ['target', target]
    ] as const) {
      const copy = copyOf(place)
      const { kind } = await copy.mark()
      await copy.close()
      if (kind === 'nothing') continue
      const store = await openAt(place).catch((thrown: { readonly code: string }) => {
        expect(thrown.code).toBe('STORE_MOVED')
      })
      if (store) found.push(name)
      await store?.close()
    }
    return found.join(' and ')
  }

  async function ended(source: MovePlace, target: MovePlace): Promise<MoveReport> {
    const copies = [copyOf(source), copyOf(target)] as const
    try {
      return await moveStore({ source: copies[0], target: copies[1], from: 'here', to: 'there' })
    } finally {
      for (const copy of copies) await copy.close()
    }
  }

  async function killed(source: MovePlace, target: MovePlace, killBefore: number): Promise<boolean> {
    const child = new Child('tests/system/move-main.ts', [JSON.stringify({ source, target, killBefore })])
    const how = await child.end()
    expect([how, child.stderr]).toEqual([expect.toBeOneOf([0, 'SIGKILL']), ''])
    return how === 'SIGKILL'
  }

  test(
    'leaves at most one place that can be opened, whichever its last call was, and the same command ends it',
    async () => {
      const [file, schema] = places
      const store = await openAt(file)
      await fill(store)
      await store.close()
      // There and back, so that every later target has what was left before.
      const { hash } = await ended(file, schema)
      expect((await ended(schema, file)).hash).toBe(hash)

      const seen: Record<string, number> = {}
      const outcomes: Record<string, number> = {}
      let kills = 0
      for (let call = 1, isOver = false; !isOver; call++)
        for (const [source, target] of [
          [file, schema],
          [schema, file]
        ] as const) {
          isOver = !(await killed(source, target, call))
          if (!isOver) kills += 1
          const open = await usable(source, target)
          seen[open] = (seen[open] ?? 0) + 1
          const report = await ended(source, target)
          outcomes[report.outcome] = (outcomes[report.outcome] ?? 0) + 1
          if (report.outcome === 'moved') expect(report.hash).toBe(hash)
          expect(await usable(source, target)).toBe('target')
        }
      expect(kills).toBeGreaterThanOrEqual(2 * callsLeast)
      // Between the commit that ends the source and the one that begins the target there is one call in each direction.
      expect(seen).toEqual({ source: kills - 2, '': 2, target: 2 })
      expect(outcomes).toEqual({ moved: kills - 2, ended: 2, there: 2 })
    },
    killsMs
  )
})
