import { Failure, type HasStatus, type StoredProcess, type Unit } from '../core/index.ts'
import type { LogRow, Store, StoredState } from '../ports/index.ts'
import type { Engine } from './engine.ts'
import type { LiveGenerations } from './live-generations.ts'
import type { Rebuilds } from './rebuild.ts'
import type { EntityView, ServiceStatus, SubscriptionStatus } from './running.ts'
import { checkService } from './service-check.ts'
import { foldHistory } from './state-loading.ts'
import { rowsUpTo, statusElsewhere } from './status-elsewhere.ts'
import type { Subscription } from './subscription.ts'

/** What can be seen of a running service from outside. */
export class Inspection {
  readonly #engine: Engine
  readonly #store: Store
  readonly #rebuilds: Rebuilds
  readonly #live: LiveGenerations

  constructor(engine: Engine, rebuilds: Rebuilds, live: LiveGenerations) {
    this.#engine = engine
    this.#store = engine.options.store
    this.#rebuilds = rebuilds
    this.#live = live
  }

  #entityUnit(name: string): Extract<Unit, { kind: 'state-machine' | 'process-manager' }> {
    const unit = this.#engine.options.definition.units.get(name)
    if (unit?.kind !== 'state-machine' && unit?.kind !== 'process-manager')
      throw new Failure('UNIT_UNKNOWN', {
        hint: `${this.#engine.options.definition.name} has no state machine or process manager '${name}'.`
      })
    return unit
  }

  async entity(name: string, key: string, atPosition?: number): Promise<EntityView | undefined> {
    const unit = this.#entityUnit(name)
    if (atPosition !== undefined) return this.#entityAt(unit, key, atPosition)
    const stored = (await this.#store.states(name, [key])).get(key)
    if (!stored) return undefined
    return this.#view(unit, key, stored)
  }

  /** A state that was stored before `evolve` changed is folded anew. */
  async #view(unit: Unit, key: string, { sequence, revision, data }: StoredState): Promise<EntityView> {
    const state =
      unit.kind === 'state-machine' && revision !== unit.revision
        ? foldHistory(unit, await this.#store.history(unit.name, key))
        : data
    return { unit: unit.name, key, sequence, state: state as HasStatus | StoredProcess }
  }

  async #entityAt(unit: Unit, key: string, atPosition: number): Promise<EntityView | undefined> {
    if (unit.kind !== 'state-machine')
      throw new Failure('REBUILD_IMPOSSIBLE', {
        hint: `'${unit.name}' is fed from other logs; only a state machine's past can be folded from its own.`
      })
    const history = await this.#store.history(unit.name, key, atPosition)
    const last = history.at(-1)
    return last
      ? { unit: unit.name, key, sequence: last.sequence, state: foldHistory(unit, history) }
      : undefined
  }

  async entities(name: string, afterKey: string, limit: number): Promise<readonly EntityView[]> {
    const unit = this.#entityUnit(name)
    const states = await this.#store.listStates(name, afterKey, limit)
    return Promise.all(states.map((stored) => this.#view(unit, stored.key, stored)))
  }

  async history(name: string, key: string): Promise<readonly LogRow[]> {
    this.#entityUnit(name)
    return this.#store.history(name, key)
  }

  async state(): Promise<ServiceStatus['state']> {
    // A store that nobody has written to for a while may be gone unseen.
    await this.#store.heads()
    return this.#stateNow
  }

  /** One that starts takes commands already. */
  get #stateNow(): ServiceStatus['state'] {
    const { state } = this.#engine
    return state === 'starting' ? 'running' : state
  }

  async status(): Promise<ServiceStatus> {
    const { definition } = this.#engine.options
    const heads = await this.#store.heads()
    const subscriptions = await Promise.all(
      [...this.#engine.subscriptions.values()].map((one) => this.#subscriptionStatus(one))
    )
    return {
      service: definition.name,
      state: this.#stateNow,
      published: rowsUpTo(heads),
      commandsQueued: this.#engine.intake.queued,
      timers: await this.#store.timerCount(),
      subscriptions: [...subscriptions.flat(), ...(await statusElsewhere(this.#engine))],
      parked: await this.#store.parkedCounts(),
      rebuilds: await this.#rebuilds.statuses(),
      instance: this.#engine.options.tenure.instance,
      instances: await this.#engine.options.tenure.instances()
    }
  }

  /** The balance of a subscription: everything published is done, parked or pending. */
  async #subscriptionStatus(subscription: Subscription): Promise<readonly SubscriptionStatus[]> {
    const checkpoints = await this.#store.checkpoints(subscription.name)
    return subscription.handler.sources.map((source) => {
      const cursors = subscription.cursors.filter((cursor) => cursor.source.source === source)
      const stored = checkpoints.filter((one) => one.source === source)
      const position = stored.reduce((sum, one) => sum + one.position, 0)
      const heads = cursors.reduce((sum, cursor) => sum + (cursor.source.heads[cursor.partition] ?? 0), 0)
      // Of a source that does not answer no more is known than what has come from it.
      const published = this.#engine.knows([source]) ? heads : position
      const done = stored.reduce((sum, one) => sum + one.done, 0)
      // What was passed over since the last checkpoint is dealt with too; it is written with the next one.
      const passedOver = cursors.reduce((sum, { partition, seen }) => {
        const written = stored.find((one) => one.partition === partition)?.position ?? 0
        return sum + Math.max(0, seen - written)
      }, 0)
      return {
        subscription: subscription.name,
        source,
        published,
        done: done + passedOver,
        parked: position - done,
        pending: published - position - passedOver,
        heldBy: this.#engine.options.tenure.instance
      }
    })
  }

  /** Checks files, message balances, states and processes. */
  check(): Promise<readonly string[]> {
    return checkService(this.#engine)
  }

  /** The rows of a projection, for comparing with another fold of the same events. */
  rowsHash(projection: string): Promise<{ readonly rows: number; readonly hash: string }> {
    return this.#live.read(projection, (generation) => this.#store.rowsHash(projection, generation))
  }
}
