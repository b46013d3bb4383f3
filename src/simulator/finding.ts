/** Which promise was broken. Kebab-case for the simulator's own; the name itself for an invariant of the user. */
export interface Finding {
  /** Findings of one oracle are one bug for the shrinker: a smaller world must break the same. */
  readonly oracle: string
  /** What was seen, in sentences that name services and keys. */
  readonly text: string
}

/** A finding, thrown through the world to whoever runs it. */
export class FoundProblem extends Error {
  override readonly name = 'FoundProblem'
  readonly finding: Finding

  constructor(oracle: string, text: string) {
    super(`${oracle}: ${text}`)
    this.finding = { oracle, text }
  }
}
