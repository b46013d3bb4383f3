import type { Store } from '../../src/ports/index.ts'

/** A store whose commits can be held back, so that a test decides when something is under way. */
export interface HeldStore {
  readonly wrap: (store: Store) => Store
  hold(): void
  release(): void
  /** Resolves when a commit waits. */
  waiting(): Promise<void>
}

/** Makes the commits of every store wrapped by it wait between `hold` and `release`. */
export function heldStore(): HeldStore {
  let gate: Promise<void> | undefined
  let open: () => void = () => {}
  let seen: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    seen = resolve
  })
  return {
    wrap: (store) =>
      new Proxy(store, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function') return member
          if (name !== 'commit') return member.bind(target)
          return async (batch: Parameters<Store['commit']>[0]) => {
            if (gate) seen()
            await gate
            return target.commit(batch)
          }
        }
      }),
    hold: () => {
      gate = new Promise((resolve) => {
        open = resolve
      })
    },
    release: () => {
      gate = undefined
      open()
    },
    waiting: () => held
  }
}
