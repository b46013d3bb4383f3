import type { Failure } from '../core/index.ts'
import type { LogRow } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import type { RowSet } from './row-set.ts'

/** Names a state that a transition needs: that of a unit, or a row. */
export type Need = (unit: string | RowSet, key: string) => void

/** One thing that a turn does: a command, a message, a timer, or what a person asked for. */
export interface Work {
  /**
   * A name that is the same each time the work is done anew, by which its failure is remembered; none for one whose
   * caller is told.
   */
  readonly message?: string
  /** Names the states it needs; called once a turn, before `run`. Must not throw. */
  prepare(need: Need): void
  /** Adds its changes to the draft, or says in it what went wrong. Must not throw. */
  run(draft: Draft): void
  /** The turn is committed; `rows` are its log rows. */
  committed?(rows: readonly LogRow[]): void
  /**
   * The turn is lost: nothing of it happened, or nobody knows. With `again` nothing happened, and the work is not to
   * blame as far as anybody knows: it may be taken into another turn.
   */
  lost?(failure: Failure, again: boolean): void
}
