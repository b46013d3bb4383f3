import { until as lookUntil } from '../system/child.ts'

/** Resolves when the condition holds; fails after half a minute. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  await lookUntil(what, async () => condition())
}
