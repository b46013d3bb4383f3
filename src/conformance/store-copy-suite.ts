import type { Store, StoreCopy } from '../ports/index.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { storeCopyCases } from './store-copy-cases.ts'

/** A place of one service that is opened as a store, and copied from or to. */
export interface CopyData {
  /** Opens the store that is there, or makes one with four partitions. */
  open(): Promise<Store>
  /** The place as something to copy. A case closes it. */
  copy(): Promise<StoreCopy>
  /** Removes the data; everything is closed by then. */
  remove(): Promise<void>
}

/** Makes a fresh, empty place for a service. */
export type CopyOpener = (service: string) => Promise<CopyData>

/**
 * The cases that copying from stores of one kind to places of another must pass; both may be of one kind. Each works on
 * fresh data of its own, which it closes and removes.
 */
export function storeCopyConformance(from: CopyOpener, to: CopyOpener): readonly ConformanceCase[] {
  return storeCopyCases.map(([name, run]) => ({
    name,
    async run(): Promise<void> {
      const source = await from('harbour')
      const target = await to('harbour')
      try {
        await run({ source, target })
      } finally {
        await source.remove()
        await target.remove()
      }
    }
  }))
}
