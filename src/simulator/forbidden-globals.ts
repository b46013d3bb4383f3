import { syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Failure } from '../core/index.ts'
import { callerOutside } from './caller.ts'
import { FoundProblem } from './finding.ts'
import { type HiddenInput, hiddenInputs, insteadOfTheTime } from './hidden-inputs.ts'

/** A world, as its guard sees it. */
export interface Guarded {
  /** Ends the world with what was found: the code that uses something hidden may catch what is thrown at it. */
  fail(thrown: unknown): void
}

/** The world in whose name code runs just now; undefined while it is the simulator's own, or anybody else's. */
let current: Guarded | undefined

/** From now on what runs is code of this world, until `leaveWorld`. */
export function enterWorld(world: Guarded): void {
  current = world
}

/** From now on what runs is not a world's. */
export function leaveWorld(): void {
  current = undefined
}

/** Runs something synchronous as code of this world. */
export function insideWorld<Result>(world: Guarded, work: () => Result): Result {
  const before = current
  current = world
  try {
    return work()
  } finally {
    current = before
  }
}

const own: ReadonlySet<string> = new Set(
  [
    import.meta.url,
    new URL('caller.ts', import.meta.url).href,
    new URL('caller.js', import.meta.url).href
  ].map((url) => fileURLToPath(url))
)

/** Throws, and ends the world, when it is code of a world that uses this. */
function use(as: string, instead: string): void {
  const world = current
  if (!world) return
  // Making the text of a stack may read files: that is nobody's use.
  current = undefined
  const caller = callerOutside(own)
  current = world
  if (caller === undefined) return
  const text = `${caller} uses ${as}, which no seed decides. ${instead}`
  world.fail(new FoundProblem('no-hidden-inputs', text))
  throw new Failure('DEFINITION_INVALID', { hint: text })
}

type AnyFunction = (...given: unknown[]) => unknown

/** Everything that was made here, so that nothing is guarded twice. */
const guards = new WeakSet<object>()

function guardOf(original: AnyFunction, { as, instead }: HiddenInput): AnyFunction {
  const guard = new Proxy(original, {
    apply: (target, self, given) => {
      if (current) use(as, instead)
      return Reflect.apply(target, self, given)
    },
    construct: (target, given, made) => {
      if (current) use(`new ${as}`, instead)
      return Reflect.construct(target, given, made) as object
    }
  })
  guards.add(guard)
  return guard
}

/** Puts a guard in the place of a function. Gives whether one had to be put there. */
function guardInput(input: HiddenInput): boolean {
  const { holder, name } = input
  const property = Object.getOwnPropertyDescriptor(holder, name)
  const original: unknown = property?.value
  if (!property || typeof original !== 'function' || guards.has(original)) return false
  if (!property.configurable && !property.writable) return false
  Object.defineProperty(holder, name, { ...property, value: guardOf(original as AnyFunction, input) })
  return true
}

/** A date of a given time is fine; the present is not. */
function guardDate(): void {
  if (guards.has(Date)) return
  const guard = new Proxy(Date, {
    apply: (target, self, given) => {
      if (current) use('Date()', insteadOfTheTime)
      return Reflect.apply(target, self, given) as string
    },
    construct: (target, given, made) => {
      if (current && given.length === 0) use('new Date()', insteadOfTheTime)
      return Reflect.construct(target, given, made) as Date
    }
  })
  guards.add(guard)
  Object.defineProperty(Date.prototype, 'constructor', {
    ...Object.getOwnPropertyDescriptor(Date.prototype, 'constructor'),
    value: guard
  })
  globalThis.Date = guard
}

let inputs: readonly HiddenInput[] | undefined

/**
 * Puts guards before everything of the platform that no seed decides: the time, timers, chance, files, the network,
 * threads. They let everything pass but uses by the code of a world, which throw and end that world. Once per process
 * is enough; what replaced a guard since is guarded again.
 */
export function forbidGlobals(): void {
  inputs ??= hiddenInputs()
  let isNew = false
  for (const input of inputs) isNew = guardInput(input) || isNew
  guardDate()
  if (isNew) syncBuiltinESMExports()
}
