import type { Found, Subject } from './worker.ts'
import type { Workers } from './workers.ts'

/** Seeds that a worker tries at once. */
const chunk = 4
/** How long shrinking, or one seed of a correct sample, may take. */
const patienceMs = 60_000

/** How a hunt ended. */
export interface Hunted {
  readonly found: Found | undefined
  /** Seconds until it was found, or given up. */
  readonly seconds: number
  /** How many seeds were begun. */
  readonly seeds: number
}

/**
 * Tries seeds 1, 2, 3 ... on all workers until one finds something, but not longer than `withinMs` and not more than
 * `seedsMax`. Of several findings the one with the least seed counts.
 */
export async function hunt(
  workers: Workers,
  subject: Subject,
  withinMs: number,
  seedsMax: number = Number.POSITIVE_INFINITY
): Promise<Hunted> {
  const beganMs = performance.now()
  let next = 1
  let found: Found | undefined
  await workers.share(
    () => {
      const leftMs = beganMs + withinMs - performance.now()
      if (found || leftMs <= 0 || next > seedsMax) return undefined
      const seeds = Array.from({ length: chunk }, () => next++)
      return { request: { ...subject, task: 'try', seeds }, withinMs: leftMs }
    },
    (worked) => {
      if ('late' in worked || !worked.found) return
      if (!found || worked.found.seed < found.seed) found = worked.found
    }
  )
  return { found, seconds: (performance.now() - beganMs) / 1_000, seeds: next - 1 }
}

/** Makes a finding small; undefined when that took too long, or when it did not come again. */
export async function shrunkOf(
  workers: Workers,
  subject: Subject,
  { seed }: Found
): Promise<Found | undefined> {
  const worked = await workers.ask({ ...subject, task: 'shrink', seed }, patienceMs)
  return 'found' in worked ? worked.found : undefined
}

/** Tries every seed up to `seeds`, and gives what was found by any: by a correct sample, nothing should be. */
export async function alarmsOf(workers: Workers, subject: Subject, seeds: number): Promise<readonly Found[]> {
  const found: Found[] = []
  // A finding ends its request: one seed a request.
  let next = 1
  await workers.share(
    () =>
      next > seeds
        ? undefined
        : { request: { ...subject, task: 'try', seeds: [next++] }, withinMs: patienceMs },
    (worked) => {
      if ('late' in worked) throw new Error(`A seed of ${subject.sample} took longer than ${patienceMs} ms.`)
      if (worked.found) found.push(worked.found)
    }
  )
  return found
}
