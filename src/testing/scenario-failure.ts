/** A scenario that did not go as it says. The name is the one that test runners show as a failed assertion. */
export class ScenarioFailure extends Error {
  override readonly name = 'AssertionError'
}

type CaptureStack = (error: Error, from: unknown) => void

/** Runs one call of the kit; a failure of the scenario then points to the line that made this call. */
export function calledBy<Result>(entry: unknown, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof ScenarioFailure)
      (Error as unknown as { captureStackTrace?: CaptureStack }).captureStackTrace?.(error, entry)
    throw error
  }
}

/** Fails the scenario: what happened, then one line for each thing that is different. */
export function failScenario(what: string, lines: readonly string[] = [], cause?: unknown): never {
  const message = [what, ...lines.map((line) => `  ${line}`)].join('\n')
  throw new ScenarioFailure(message, cause === undefined ? undefined : { cause })
}
