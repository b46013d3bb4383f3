import { Failure, toFailure } from '../core/index.ts'
import {
  type AuditWrite,
  type CheckpointMove,
  emptyBatch,
  type ParkedChange,
  type ParkedMessage,
  unitOf
} from '../ports/index.ts'
import type { Engine } from './engine.ts'

/** How often it is looked how a message fares, and for how long. */
const lookMs = 50
const waitMs = 10_000
/** So often a deed is done again because the holder has moved on with the same checkpoint. */
const conflictsMax = 1_000

/** A deed, and what it leaves in the audit. */
export interface Deed {
  readonly change: Pick<ParkedChange, 'status' | 'attempts' | 'dueMs'> & { readonly message?: unknown }
  readonly audit: AuditWrite
}

/**
 * Deeds on dead letters that another instance works for: written by compare-and-set, and its holder is told to read
 * them. Nothing but a person touches a dead letter, so the holder has nothing under way with it.
 */
export class DeadLettersElsewhere {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Changes a dead letter, or takes it away. Fails with `DEAD_LETTER_STATE` when somebody else was first. */
  async change(parked: ParkedMessage, { change, audit }: Deed): Promise<void> {
    const { number, subscription, status, attempts, failure } = parked
    const parkedChange = { number, expected: { status, attempts }, failure, ...change }
    for (let tries = 1; ; tries++) {
      const checkpoints = change.status === 'gone' ? [await this.#doneLate(parked)] : []
      try {
        await this.#engine.options.store.commit({
          ...emptyBatch,
          checkpoints,
          parkedChanges: [parkedChange],
          audit: [audit],
          touched: [unitOf(subscription)]
        })
        return
      } catch (thrown) {
        const { code } = toFailure(thrown)
        if (code === 'VERSION_CONFLICT')
          throw new Failure('DEAD_LETTER_STATE', { number, hint: 'Somebody else dealt with it first.' })
        if (code !== 'CHECKPOINT_CONFLICT' || tries >= conflictsMax) throw thrown
      }
    }
  }

  /** A message that its checkpoint has passed long ago counts as dealt with; the checkpoint stays where it is. */
  async #doneLate({ subscription, source, partition }: ParkedMessage): Promise<CheckpointMove> {
    const checkpoints = await this.#engine.options.store.checkpoints(subscription)
    const at = checkpoints.find((one) => one.source === source && one.partition === partition)
    const position = at?.position ?? 0
    return { subscription, source, partition, from: position, to: position, done: 1 }
  }

  /** How a message that its holder tries again has ended; `pending` when that takes longer than one waits for. */
  async outcome(number: number): Promise<'done' | 'dead' | 'pending'> {
    const { clock, store } = this.#engine.options
    for (let waitedMs = 0; waitedMs < waitMs; waitedMs += lookMs) {
      await new Promise<void>((resolve) => clock.schedule(lookMs, resolve))
      const [now] = await store.parked({ afterNumber: number - 1, limit: 1 })
      if (now?.number !== number) return 'done'
      if (now.status === 'dead') return 'dead'
    }
    return 'pending'
  }
}
