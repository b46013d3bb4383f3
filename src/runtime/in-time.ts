import type { Clock } from '../ports/index.ts'

/** What was asked for, when it comes in time; `undefined` when it does not. Fails as it does. */
export async function inTime<Result>(
  clock: Clock,
  maxMs: number,
  asked: Promise<Result>
): Promise<Result | undefined> {
  let cancel = (): void => undefined
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.schedule(maxMs, () => resolve(undefined))
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    cancel()
    // Nobody else hears how it fails later.
    asked.catch(() => undefined)
  }
}
