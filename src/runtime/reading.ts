import { Failure, type ProjectionDefinition, type ServiceDefinition } from '../core/index.ts'
import {
  type ParkedMessage,
  type Query,
  type QueryPage,
  type Store,
  subscriptionName
} from '../ports/index.ts'
import type { Engine } from './engine.ts'
import type { LiveGenerations } from './live-generations.ts'
import { ReadingElsewhere } from './reading-elsewhere.ts'
import type { ReadOptions } from './running.ts'

const waitDefaultMs = 2_000
const waitMaxMs = 30_000
const limitMax = 1_000
const parkedPage = 1_000

/** A place in a log as a command's answer names it. */
export interface Position {
  readonly source: string
  readonly partition: number
  readonly position: number
}

function parsePosition(text: string): Position {
  const match = /^([a-z][a-z0-9-]*):(\d{1,4}):(\d{1,15})$/.exec(text)
  if (!match)
    throw new Failure('POSITION_INVALID', { position: text, hint: "A position looks like 'sales:3:42'." })
  return { source: match[1] as string, partition: Number(match[2]), position: Number(match[3]) }
}

/** Reads projections: their live generation, after what the reader wants to have been seen. */
export class Reading {
  readonly #definition: ServiceDefinition
  readonly #store: Store
  readonly #engine: Engine
  readonly #live: LiveGenerations
  readonly #elsewhere: ReadingElsewhere

  constructor(definition: ServiceDefinition, store: Store, engine: Engine, live: LiveGenerations) {
    this.#definition = definition
    this.#store = store
    this.#engine = engine
    this.#live = live
    this.#elsewhere = new ReadingElsewhere(engine, live)
  }

  async row(name: string, key: string, options: ReadOptions = {}): Promise<unknown> {
    const projection = this.#projection(name)
    await this.#reach(projection, options)
    const rows = await this.#live.read(name, (generation) => this.#store.rows(name, generation, [key]))
    if (!rows.has(key))
      throw new Failure('ROW_UNKNOWN', { service: this.#definition.name, projection: name, key })
    return rows.get(key)
  }

  async query(name: string, query: Query, options: ReadOptions = {}): Promise<QueryPage> {
    const projection = this.#projection(name)
    checkQuery(projection, query)
    await this.#reach(projection, options)
    return this.#live.read(name, (generation) => this.#store.query(name, generation, query))
  }

  #projection(name: string): ProjectionDefinition {
    const unit = this.#definition.units.get(name)
    if (unit?.kind !== 'projection')
      throw new Failure('UNIT_UNKNOWN', { hint: `${this.#definition.name} has no projection '${name}'.` })
    return unit
  }

  #generation(name: string): number {
    return this.#live.of(name)
  }

  /** Waits until the projection has seen every wanted position. */
  async #reach(projection: ProjectionDefinition, options: ReadOptions): Promise<void> {
    const wanted = (options.after ?? []).map(parsePosition)
    if (wanted.length === 0) return
    for (const { source } of wanted)
      if (![...projection.rules.values()].some((rule) => rule.event.service === source))
        throw new Failure('POSITION_INVALID', {
          hint: `'${projection.name}' does not read the log of '${source}', so it can never have seen that position.`
        })
    const waitMs = Math.min(options.waitMs ?? waitDefaultMs, waitMaxMs)
    const reached = (): boolean => wanted.every((position) => this.#hasSeen(projection.name, position))
    const isReached = this.#engine.options.tenure.shared
      ? await this.#elsewhere.reach(projection, wanted, waitMs)
      : reached() || (await this.#wait(reached, waitMs))
    if (!isReached)
      throw new Failure('POSITION_NOT_REACHED', {
        projection: projection.name,
        after: options.after,
        waitedMs: waitMs,
        retryAfterMs: 1_000
      })
    await this.#checkParked(projection.name, wanted)
  }

  #hasSeen(projection: string, { source, partition, position }: Position): boolean {
    const name = subscriptionName(projection, this.#generation(projection))
    if (!this.#engine.knows([source])) return false
    const cursor = this.#engine.subscriptions.get(name)?.cursor(source, partition)
    if (!cursor) throw new Failure('POSITION_INVALID', { hint: `${source} has no partition ${partition}.` })
    return cursor.seen >= position
  }

  #wait(reached: () => boolean, waitMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (how: () => void): void => {
        stopLooking()
        cancel()
        how()
      }
      const stopLooking = this.#engine.onTurn(() => {
        try {
          if (reached()) end(() => resolve(true))
        } catch (thrown) {
          end(() => reject(thrown))
        }
      })
      const cancel = this.#engine.options.clock.schedule(waitMs, () => end(() => resolve(false)))
    })
  }

  #parked(subscription: string, afterNumber: number): Promise<readonly ParkedMessage[]> {
    return this.#store.parked({ subscription, afterNumber, limit: parkedPage })
  }

  /** A message that was set aside has not been seen, though its checkpoint has passed it. */
  async #checkParked(projection: string, wanted: readonly Position[]): Promise<void> {
    const subscription = subscriptionName(projection, this.#generation(projection))
    const { parking, options } = this.#engine
    if (options.tenure.holds(projection) && !parking.hasAny(subscription)) return
    const isWanted = (message: ParkedMessage): boolean =>
      wanted.some(
        ({ source, partition, position }) =>
          source === message.source && partition === message.partition && position === message.position
      )
    let missed: ParkedMessage | undefined
    for (let page = await this.#parked(subscription, 0); !missed && page.length > 0; ) {
      missed = page.find(isWanted)
      page = await this.#parked(subscription, page.at(-1)?.number ?? 0)
    }
    if (missed)
      throw new Failure('POSITION_NOT_REACHED', {
        projection,
        deadLetter: missed.number,
        hint: `The message is set aside as number ${missed.number}: ${missed.failure}.`
      })
  }
}

function checkQuery(projection: ProjectionDefinition, query: Query): void {
  const known = [...projection.indexes, 'key']
  const named = [...query.filters.map((filter) => filter.field), query.orderBy]
  const unknown = named.find((field) => !known.includes(field))
  if (unknown !== undefined)
    throw new Failure('QUERY_INVALID', {
      field: unknown,
      hint: `'${unknown}' is no declared index of '${projection.name}'; there are: ${known.join(', ')}.`
    })
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > limitMax)
    throw new Failure('QUERY_INVALID', {
      field: 'limit',
      hint: `The limit is a whole number from 1 to ${limitMax}.`
    })
}
