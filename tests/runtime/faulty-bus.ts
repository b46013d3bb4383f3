import type { Bus, LogRow } from '../../src/ports/index.ts'

/** How often a bus does what a broker may do; each from 0 to 1. */
export interface BusFaults {
  readonly lose: number
  readonly repeat: number
  readonly reorder: number
}

/** What a faulty bus has done so far. */
export interface BusCounts {
  announced: number
  lost: number
  repeated: number
  reordered: number
}

/** A bus over another one that loses, repeats and reorders announcements. */
export interface FaultyBus extends Bus {
  readonly counts: BusCounts
}

/** Announces rows as a bad broker would; `random` decides. Feeds are untouched: they are the truth. */
export function faultyBus(inner: Bus, random: () => number, faults: BusFaults): FaultyBus {
  const counts: BusCounts = { announced: 0, lost: 0, repeated: 0, reordered: 0 }
  let held: { service: string; rows: readonly LogRow[] }[] = []
  const release = (): void => {
    const due = held
    held = []
    for (const { service, rows } of due) inner.announce(service, rows)
  }
  return {
    ...inner,
    counts,
    guarantees: { name: 'faulty', lossless: false, ordered: false },
    announce(service, rows) {
      const kept: LogRow[] = []
      for (const row of rows) {
        counts.announced += 1
        if (random() < faults.lose) {
          counts.lost += 1
          continue
        }
        kept.push(row)
        if (random() >= faults.repeat) continue
        counts.repeated += 1
        kept.push(row)
      }
      if (random() < faults.reorder) {
        counts.reordered += 1
        held.push({ service, rows: kept.reverse() })
        return
      }
      inner.announce(service, kept)
      release()
    }
  }
}
