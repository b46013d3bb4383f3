import type { Store } from '../../src/ports/index.ts'
import type { InstanceOptions } from './shared-bank.ts'

/** One message of a key folded by one instance: from when its transition began until its commit was answered. */
interface Handling {
  readonly instance: number
  readonly key: string
  readonly entered: number
  readonly left: number
}

/** Notes when transitions of one subscription (the statements of notices) begin, and when they are committed. */
export class Handlings {
  readonly committed: Handling[] = []
  instances = 0
  #time = 0

  /** An instance whose transitions are noted. */
  instance(): InstanceOptions {
    const instance = this.instances++
    const entered = new Map<string, number>()
    const fold = (key: string): void => {
      this.#time += 1
      if (!entered.has(key)) entered.set(key, this.#time)
    }
    const leave = (isCommitted: boolean): void => {
      this.#time += 1
      for (const [key, from] of entered)
        if (isCommitted) this.committed.push({ instance, key, entered: from, left: this.#time })
      entered.clear()
    }
    const wrap = (store: Store): Store =>
      store.service !== 'notices'
        ? store
        : new Proxy(store, {
            get: (target, name) => {
              const member: unknown = Reflect.get(target, name)
              if (name === 'commit')
                return async (batch: Parameters<Store['commit']>[0]) => {
                  try {
                    const committed = await target.commit(batch)
                    leave(true)
                    return committed
                  } catch (thrown) {
                    leave(false)
                    throw thrown
                  }
                }
              return typeof member === 'function' ? member.bind(target) : member
            }
          })
    return { bank: { faults: { fold } }, wrap }
  }

  /** Handlings of one key by two instances that were under way at the same time. */
  overlapping(): readonly (readonly [Handling, Handling])[] {
    const found: [Handling, Handling][] = []
    for (const [index, one] of this.committed.entries())
      for (const other of this.committed.slice(index + 1))
        if (
          one.key === other.key &&
          one.instance !== other.instance &&
          one.entered < other.left &&
          other.entered < one.left
        )
          found.push([one, other])
    return found
  }
}
