import { cpSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { freePort, until } from './child.ts'
import { emptyDirectory, Program, type RunningShop, runningShop } from './skerry-process.ts'

const bikes = Array.from({ length: 8 }, (_, index) => `b-${index + 1}`)
const stations = ['harbour', 'market', 'park']
const stationOf = (outing: number): string => stations[outing % stations.length] ?? ''

/** Paths of the repository: what `skerry run` runs, and the programs beside it. */
interface Example {
  readonly config: string
  readonly files: readonly string[]
}

/** How the system is run. */
interface BikeProfile {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

// A trigger may not count for ever by itself, but may ask a view that does.
const endlessOnce = (table: string): string => `
  CREATE VIEW forever AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
  CREATE TRIGGER stuck BEFORE INSERT ON checkpoint WHEN EXISTS (SELECT 1 FROM ${table})
  BEGIN SELECT count(*) FROM forever; END`

/** A system whose service `inspections` runs elsewhere, on ports that stay over restarts. */
export class BikeSystem {
  readonly cwd: string = emptyDirectory()
  readonly inspectionsPort: number
  readonly #port: number
  readonly #args: readonly string[]
  readonly #env: Readonly<Record<string, string>>
  #running: RunningShop | undefined
  #outings = 0

  private constructor(ports: readonly [number, number], config: string, profile: BikeProfile) {
    ;[this.#port, this.inspectionsPort] = ports
    this.#args = ['--config', join(root, config), '--port', `${this.#port}`, ...(profile.args ?? [])]
    this.#env = { SKERRY_URLS: `inspections=http://127.0.0.1:${this.inspectionsPort}`, ...profile.env }
  }

  /** Starts `fleet` and `workshop`, with some bikes, and puts the files of the programs beside their data. */
  static async begin({ config, files }: Example, profile: BikeProfile = {}): Promise<BikeSystem> {
    const begun = new BikeSystem([await freePort(), await freePort()], config, profile)
    for (const path of files) cpSync(join(root, path), join(begun.cwd, basename(path)))
    await begun.start()
    await Promise.all(bikes.map((bike) => begun.addBike(bike, 'harbour')))
    return begun
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    this.#running = await runningShop(this.cwd, this.#env, ['fleet', 'workshop', ...this.#args])
  }

  /** Kills the services of Skerry. */
  async crash(): Promise<void> {
    expect((await this.#running?.stop('SIGKILL'))?.signal).toBe('SIGKILL')
  }

  /** One of the programs, with its data beside it. */
  python(script: string, ...args: readonly string[]): Program {
    return new Program('python3', [script, ...args], { cwd: this.cwd })
  }

  /**
   * Kills a program at the one moment that matters: when it has caused its first effect, which is a row of the table,
   * and not yet written the checkpoint. There must be news for it.
   */
  async killedBeforeCheckpoint(start: () => Program, path: string, table: string): Promise<void> {
    const database = new DatabaseSync(join(this.cwd, path), { timeout: 0 })
    database.exec(endlessOnce(table))
    const program = start()
    // It comes to the effect a moment after it has begun its transaction, and to the checkpoint another one later.
    let locked = 0
    await until('it holds a transaction that does not end', async () => {
      try {
        database.exec('BEGIN IMMEDIATE; ROLLBACK')
        locked = 0
      } catch (thrown) {
        expect(String(thrown)).toContain('database is locked')
        locked += 1
      }
      return locked === 10
    })
    program.child.kill('SIGKILL')
    expect((await program.ended).signal).toBe('SIGKILL')
    expect(program.output).not.toMatch(/[1-9]\d* new events/)
    expect(database.prepare(`SELECT * FROM ${table}`).all()).toEqual([])
    database.exec('DROP TRIGGER stuck; DROP VIEW forever')
    database.close()
  }

  /** One more bike, which stays where it is. */
  addBike(bike: string, station: string): Promise<void> {
    return this.#send(bike, 'AddBike', { station }, bike)
  }

  /** Each of the first bikes is out so many times more; all of them at the same time. */
  async ride(times: number): Promise<void> {
    const before = this.#outings
    this.#outings += times
    const outings = Array.from({ length: times }, (_, index) => before + index + 1)
    await Promise.all(
      bikes.map(async (bike) => {
        for (const outing of outings) {
          const rideId = `${bike}-${outing}`
          await this.#send(bike, 'ReserveBike', { rideId }, `reserve-${rideId}`)
          await this.#send(bike, 'ReturnBike', { station: stationOf(outing) }, `return-${rideId}`)
        }
      })
    )
  }

  /** What must be in the logbooks when nothing is lost, doubled or out of order. */
  get entries(): readonly unknown[] {
    return bikes.flatMap((bike) =>
      Array.from({ length: this.#outings }, (_, index) => ({
        bike,
        entry: index + 1,
        ride: `${bike}-${index + 1}`,
        station: stationOf(index + 1)
      }))
    )
  }

  /** What stands in the logbooks. */
  logbook(): readonly unknown[] {
    const database = new DatabaseSync(join(this.cwd, 'logbook.db'), { readOnly: true, timeout: 10_000 })
    try {
      const rows = database
        .prepare('SELECT bike, entry, ride, station FROM logbook ORDER BY bike, entry')
        .all()
      return rows.map((row) => ({ ...row }))
    } finally {
      database.close()
    }
  }

  /** After which rides the workshop heard that each bike is due. */
  async due(): Promise<readonly unknown[]> {
    const answer = await fetch(`${this.url}/workshop/to-inspect`)
    const { rows } = (await answer.json()) as {
      rows: readonly { readonly key: string; readonly data: unknown }[]
    }
    return rows.map(({ key, data }) => [key, data])
  }

  /** What the workshop must have heard. */
  get allDue(): readonly unknown[] {
    const afterRides = Array.from({ length: Math.floor(this.#outings / 3) }, (_, index) => 3 * (index + 1))
    return bikes.map((bike) => [bike, { afterRides }])
  }

  /** As a good client: again, with the same key, while the service is not there. */
  async #send(bike: string, command: string, data: unknown, key: string): Promise<void> {
    await until(`${key} is accepted`, async () => {
      const answer = await fetch(`${this.url}/fleet/bike/${bike}/${command}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(data)
      }).catch(() => undefined)
      const body = await answer?.text().catch(() => undefined)
      if (answer && body !== undefined && ![409, 503].includes(answer.status))
        expect([answer.status, body]).toEqual([200, body])
      return answer?.status === 200 && body !== undefined
    })
  }
}
