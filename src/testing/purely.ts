import { failScenario, ScenarioFailure } from './scenario-failure.ts'

type AnyFunction = (...args: unknown[]) => unknown

/** `Date` for pure functions: a date of a given time is fine, the present is not. */
function dateWithoutNow(what: string): DateConstructor {
  const asked = () => failScenario(`${what} asked for the present time; take it from what it is given.`)
  return new Proxy(Date, {
    construct: (date, given) => (given.length === 0 ? asked() : (Reflect.construct(date, given) as Date)),
    apply: asked,
    get: (date, name, receiver) => (name === 'now' ? asked : Reflect.get(date, name, receiver))
  })
}

/** Runs synchronous work with a platform that knows neither the time nor chance, and puts both back. */
function withoutClockAndChance<Result>(what: string, work: () => Result): Result {
  const { Date: date } = globalThis
  const { random } = Math
  globalThis.Date = dateWithoutNow(what)
  Math.random = () => failScenario(`${what} asked for a random number; take ids from what it is given.`)
  try {
    return work()
  } finally {
    globalThis.Date = date
    Math.random = random
  }
}

function isPromise(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: AnyFunction }).then === 'function'
  )
}

function run<Result>(what: string, work: () => Result): Result {
  try {
    return withoutClockAndChance(what, work)
  } catch (error) {
    if (error instanceof ScenarioFailure) throw error
    const text = error instanceof Error ? error.message : String(error)
    if (error instanceof TypeError && /read only|not extensible|Cannot delete/.test(text))
      return failScenario(
        `${what} changed what it was given: states and messages are read-only.`,
        [text],
        error
      )
    throw error
  }
}

/**
 * Runs a pure function twice and fails the scenario when it asks for the time or for chance, changes its (frozen)
 * arguments, gives a promise, or gives other bytes the second time. What it throws itself comes through.
 */
export function purely<Result>(what: string, work: () => Result): Result {
  const first = run(what, work)
  if (isPromise(first)) failScenario(`${what} gave a promise; it must be synchronous.`)
  const bytes = JSON.stringify(first)
  if (bytes !== JSON.stringify(run(what, work)))
    failScenario(`${what} gave two different answers for the same input; it must depend on nothing else.`)
  return first
}
