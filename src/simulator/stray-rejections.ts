import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Finding } from './finding.ts'

/** Listens for promises that are rejected while a world lives and that nobody waits for: they end a real program. */
export class StrayRejections {
  #first: { readonly reason: unknown } | undefined
  readonly #hear = (reason: unknown): void => {
    this.#first ??= { reason }
  }

  constructor() {
    process.on('unhandledRejection', this.#hear)
  }

  /** Stops listening when the world has ended, and gives the first that was heard of. */
  async end(): Promise<Finding | undefined> {
    // Node tells of them when it has nothing else to do.
    await nextTurn()
    process.off('unhandledRejection', this.#hear)
    if (!this.#first) return undefined
    const { reason } = this.#first
    const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)
    return {
      oracle: 'nothing-unexpected',
      text: `A promise was rejected and nobody waited for it, which ends a program: ${text}`
    }
  }
}
