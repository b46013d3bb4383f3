import { cpSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { httpFeed } from '../../src/adapters/http-feed/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { pythonMissing } from '../servers/python.ts'
import { available } from '../servers/required.ts'
import { freePort, until } from './child.ts'
import { emptyDirectory, Program, type RunningShop, runningShop } from './skerry-process.ts'

const config = join(root, 'examples/polyglot/skerry.config.ts')
const programs = [
  'examples/polyglot/python/checkpoints.py',
  'examples/polyglot/python/consumer.py',
  'examples/polyglot/python/event.py',
  'examples/polyglot/python/feed_client.py',
  'examples/polyglot/python/feed_log.py',
  'examples/polyglot/python/feed_server.py',
  'examples/polyglot/python/logbook.py',
  'examples/polyglot/python/producer.py'
]
const bikes = Array.from({ length: 8 }, (_, index) => `b-${index + 1}`)
const stations = ['harbour', 'market', 'park'] as const

/** A system whose service `inspections` runs elsewhere, on ports that stay over restarts. */
class Bikes {
  readonly cwd: string = emptyDirectory()
  readonly #port: number
  readonly inspectionsPort: number
  readonly #args: readonly string[]
  readonly #env: Readonly<Record<string, string>>
  #running: RunningShop | undefined
  #rides = 0

  private constructor(
    port: number,
    inspectionsPort: number,
    args: readonly string[],
    env: Record<string, string>
  ) {
    this.#port = port
    this.inspectionsPort = inspectionsPort
    this.#args = args
    this.#env = env
    for (const path of programs) cpSync(join(root, path), join(this.cwd, basename(path)))
  }

  static async begin(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Bikes> {
    const begun = new Bikes(await freePort(), await freePort(), args, env)
    await begun.start()
    await Promise.all(bikes.map((bike) => begun.#send(bike, 'AddBike', { station: 'harbour' }, bike)))
    return begun
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    const env = { SKERRY_URLS: `inspections=http://127.0.0.1:${this.inspectionsPort}`, ...this.#env }
    const where = ['--config', config, '--port', `${this.#port}`]
    this.#running = await runningShop(this.cwd, env, ['fleet', 'workshop', ...where, ...this.#args])
  }

  async crash(): Promise<void> {
    expect((await this.#running?.stop('SIGKILL'))?.signal).toBe('SIGKILL')
  }

  python(script: string, ...args: readonly string[]): Program {
    return new Program('python3', [script, ...args], { cwd: this.cwd })
  }

  /** Each bike is out so many times more. */
  async ride(times: number): Promise<void> {
    const first = this.#rides + 1
    this.#rides += times
    const outings = Array.from({ length: times }, (_, index) => first + index)
    await Promise.all(
      bikes.map(async (bike) => {
        for (const outing of outings) {
          const rideId = `${bike}-${outing}`
          await this.#send(bike, 'ReserveBike', { rideId }, `reserve-${rideId}`)
          await this.#send(bike, 'ReturnBike', { station: this.stationOf(outing) }, `return-${rideId}`)
        }
      })
    )
  }

  stationOf(outing: number): string {
    return stations[outing % stations.length] as string
  }

  /** What must be in the logbooks when nothing is lost, doubled or out of order. */
  get entries(): readonly unknown[] {
    return bikes.flatMap((bike) =>
      Array.from({ length: this.#rides }, (_, index) => ({
        bike,
        entry: index + 1,
        ride: `${bike}-${index + 1}`,
        station: this.stationOf(index + 1)
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
    const afterRides = Array.from({ length: Math.floor(this.#rides / 3) }, (_, index) => 3 * (index + 1))
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

const progress = /[1-9]\d* new events/

async function killed(program: Program): Promise<void> {
  program.child.kill('SIGKILL')
  expect((await program.ended).signal).toBe('SIGKILL')
}

describe.skipIf(!available('python', pythonMissing()))('services in Python', () => {
  test('a consumer in Python has each event once and in order, whoever is killed', async () => {
    const system = await Bikes.begin()
    const consumer = () => system.python('consumer.py', system.url, 'logbook.db')
    // In the middle of what comes as it is said.
    for (let round = 0; round < 3; round += 1) {
      const running = consumer()
      const riding = system.ride(6)
      await running.until(progress)
      await killed(running)
      await riding
    }
    // In the middle of what it has missed; it is more than one batch.
    await system.ride(12)
    const behind = consumer()
    await behind.until(progress)
    await killed(behind)
    const last = consumer()
    await last.until(progress)
    // The service is killed under it.
    const riding = system.ride(6)
    await system.crash()
    await last.until(/trying again/)
    await system.start()
    await riding
    await until('all is written down', async () => system.logbook().length >= system.entries.length)
    expect(system.logbook()).toEqual(system.entries)
    await killed(last)
  })

  test('a service of Skerry hears all that a producer in Python says, in order, whoever is killed', async () => {
    const system = await Bikes.begin()
    const producer = () =>
      system.python('producer.py', system.url, `${system.inspectionsPort}`, 'inspections.db')
    const heard = async () => {
      await until('the workshop has heard all', async () => {
        const due = await system.due()
        return JSON.stringify(due) === JSON.stringify(system.allDue)
      }).catch(() => undefined)
      expect(await system.due()).toEqual(system.allDue)
    }
    for (let round = 0; round < 3; round += 1) {
      const running = producer()
      const riding = system.ride(5)
      await running.until(progress)
      await killed(running)
      await riding
    }
    const last = producer()
    await heard()
    const riding = system.ride(9)
    await system.crash()
    await last.until(/trying again/)
    await system.start()
    await riding
    await heard()
    expect(system.allDue[0]).toEqual(['b-1', { afterRides: [3, 6, 9, 12, 15, 18, 21, 24] }])
    await killed(last)
  })
})
