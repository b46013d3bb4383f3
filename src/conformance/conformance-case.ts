import { canonicalJson } from '../core/index.ts'

/** One promise of a port. `run` resolves when the implementation keeps it, and rejects with what it saw otherwise. */
export interface ConformanceCase {
  /** The claim, unique within its suite. */
  readonly name: string
  run(): Promise<void>
}

/** Rejects the implementation unless `condition` holds. */
export function claim(condition: unknown, saw: string): asserts condition {
  if (!condition) throw new Error(saw)
}

/** Rejects the implementation unless both are the same as JSON, whatever the order of their fields. */
export function claimEqual(actual: unknown, expected: unknown, what: string): void {
  const saw = canonicalJson(actual)
  const due = canonicalJson(expected)
  if (saw !== due) throw new Error(`${what}: ${saw.slice(0, 2_000)} in place of ${due.slice(0, 2_000)}`)
}

/** Rejects the implementation unless `task` fails with that code of the error table. */
export async function claimFails(code: string, what: string, task: () => unknown): Promise<void> {
  let saw = 'no failure'
  try {
    await task()
  } catch (error) {
    const thrown = (error as { readonly code?: unknown } | undefined)?.code
    if (thrown === code) return
    saw = String(error)
  }
  throw new Error(`${what}: ${saw} in place of ${code}`)
}
