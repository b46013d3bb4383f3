import { unitOf } from '../ports/index.ts'
import type { Engine } from './engine.ts'
import type { Handler } from './handler.ts'
import { projectionHandler } from './projection-handler.ts'
import type { Rebuilds } from './rebuild.ts'
import type { PartsHolder } from './tenure.ts'

/** Takes parts of a service over and hands them on, between two turns. */
export class Handover implements PartsHolder {
  readonly #engine: Engine
  readonly #rebuilds: Rebuilds
  readonly #handlers: ReadonlyMap<string, Handler>

  /** `handlers` are those of all units but projections, whose handler depends on the generation that serves. */
  constructor(engine: Engine, rebuilds: Rebuilds, handlers: readonly Handler[]) {
    this.#engine = engine
    this.#rebuilds = rebuilds
    this.#handlers = new Map(handlers.map((handler) => [handler.subscription, handler]))
  }

  async gained(unit: string): Promise<void> {
    const definition = this.#engine.options.definition.units.get(unit)
    if (definition?.kind !== 'projection') {
      const handler = this.#handlers.get(unit)
      if (handler) await this.#takeOver(handler)
      return
    }
    await this.#takeOver(projectionHandler(definition, await this.#rebuilds.open(definition)))
    this.#rebuilds.goOn(definition)
  }

  async #takeOver(handler: Handler): Promise<void> {
    const { timers } = this.#engine
    await this.#engine.addSubscription(handler)
    await timers.recover()
    this.#engine.holdOverdue()
  }

  #subscriptionsOf(unit: string): readonly string[] {
    return [...this.#engine.subscriptions.keys()].filter((name) => unitOf(name) === unit)
  }

  lost(unit: string): void {
    this.#rebuilds.handOn(unit)
    for (const name of this.#subscriptionsOf(unit)) {
      this.#engine.removeSubscription(name)
      // While another folds these rows, what is known of them grows old.
      this.#engine.cache.forget(name)
    }
    this.#engine.runner.forget(unit)
  }

  async changed(unit: string): Promise<void> {
    const definition = this.#engine.options.definition.units.get(unit)
    for (const name of this.#subscriptionsOf(unit)) await this.#engine.parking.load(name)
    this.#engine.wake()
    if (definition?.kind === 'projection') this.#rebuilds.goOn(definition)
  }

  leaving(units: ReadonlySet<string>): void {
    this.#engine.runner.hold(units)
  }

  isBusy(unit: string): boolean {
    return this.#engine.runner.isBusyWith(unit)
  }

  /** Looks for timers that others have set, and lets others see how far this one is. */
  async beaten(): Promise<void> {
    await this.#engine.timers.recover()
    this.#engine.writeProgress()
  }
}
