import { isDeepStrictEqual } from 'node:util'
import { rowId, type Store } from '../../src/ports/index.ts'
import { type Disk, type DiskState, rowOf } from '../../src/simulator/disk.ts'
import type { Named } from './replay.ts'

const pageSize = 500

/** Collects what is not the same in a store and in a model of it. */
class Comparison {
  readonly problems: string[] = []
  readonly #store: Store
  readonly #disk: Disk

  readonly #named: Named

  constructor(store: Store, disk: Disk, named: Named) {
    this.#store = store
    this.#disk = disk
    this.#named = named
  }

  #same(what: string, kept: unknown, modelled: unknown): void {
    // What is undefined in one and missing in the other is the same to every reader.
    const [one, other] = [kept, modelled].map((value) => JSON.parse(JSON.stringify(value ?? null)) as unknown)
    if (isDeepStrictEqual(one, other)) return
    const text = `${this.#disk.service} ${what}: the store has ${JSON.stringify(one)}, the model ${JSON.stringify(other)}`
    this.problems.push(text.slice(0, 500))
  }

  async log(): Promise<void> {
    this.#same('heads', await this.#store.heads(), this.#disk.heads())
    for (const [partition, rows] of this.#disk.log.entries())
      for (let after = 0; after < rows.length; ) {
        const page = await this.#store.read(partition, after, pageSize)
        for (const row of page) {
          const modelled = rows[row.position - 1]
          this.#same(rowId(row), row, modelled && rowOf(modelled))
        }
        if (page.length === 0) break
        after += page.length
      }
  }

  async states(): Promise<void> {
    for (const unit of this.#named.units) {
      const states = this.#disk.states.get(unit) ?? new Map<string, DiskState>()
      let seen = 0
      for (let after = ''; ; ) {
        const page = await this.#store.listStates(unit, after, pageSize)
        for (const { key, ...state } of page) {
          const modelled = states.get(key)
          const { key: _key, text = 'null', ...rest } = modelled ?? { key }
          this.#same(`${unit} ${key}`, state, { ...rest, data: JSON.parse(text) })
        }
        seen += page.length
        const last = page.at(-1)
        if (!last) break
        after = last.key
      }
      this.#same(`${unit}: number of states`, seen, states.size)
    }
  }

  async checkpoints(): Promise<void> {
    const modelled = [...this.#disk.checkpoints.values()]
    for (const name of this.#named.subscriptions) {
      const kept = (await this.#store.checkpoints(name)).map(({ source, partition, position, done }) =>
        [source, partition, position, done].join(' ')
      )
      const expected = modelled
        .filter(({ subscription }) => subscription === name)
        .map(({ source, partition, position, done }) => [source, partition, position, done].join(' '))
      this.#same(`checkpoints of ${name}`, kept.sort(), expected.sort())
    }
  }

  async asides(): Promise<void> {
    const timers = [...this.#disk.timers.values()]
    const sorted = (list: readonly object[]): string[] =>
      list.map((each) => JSON.stringify(Object.entries(each).sort())).sort()
    this.#same('timers', sorted(await this.#store.timers(100_000)), sorted(timers))
    const parked = await this.#store.parked({ limit: 100_000 })
    this.#same('parked messages', sorted(parked), sorted([...this.#disk.parked.values()]))
    this.#same('audit', await this.#store.audit(100_000), this.#disk.audit)
    for (const key of this.#named.idempotencyKeys)
      this.#same(`answer to ${key}`, await this.#store.answer(key), this.#disk.answers.get(key))
  }

  async generations(): Promise<void> {
    for (const name of this.#named.projections) {
      const modelled = this.#disk.generationsOf(name)
      const plain = modelled.map(({ projection, generation, revision, status }) =>
        [projection, generation, revision, status].join(' ')
      )
      const kept = (await this.#store.generations(name)).map(({ projection, generation, revision, status }) =>
        [projection, generation, revision, status].join(' ')
      )
      this.#same(`generations of ${name}`, kept.sort(), plain.sort())
      for (const { generation, rows } of modelled) {
        const found = await this.#store.rows(name, generation, [...rows.keys()])
        for (const [key, text] of rows)
          this.#same(`${name} ${generation} ${key}`, found.get(key), JSON.parse(text))
        const { rows: count } = await this.#store.rowsHash(name, generation)
        this.#same(`${name} ${generation}: number of rows`, count, rows.size)
      }
    }
  }
}

/** Everything in which a store is not what the model says, in sentences. */
export async function differences(store: Store, disk: Disk, named: Named): Promise<readonly string[]> {
  const comparison = new Comparison(store, disk, named)
  await comparison.log()
  await comparison.states()
  await comparison.checkpoints()
  await comparison.asides()
  await comparison.generations()
  return comparison.problems
}
