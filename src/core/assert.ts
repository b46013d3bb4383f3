/** Stops with a plain error when an invariant of Skerry itself is broken; never used for input. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${invariant}`)
}
