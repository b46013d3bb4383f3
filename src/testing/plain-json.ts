import { canonicalJson } from '../core/index.ts'
import { failScenario } from './scenario-failure.ts'

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const field of Object.values(value)) freeze(field)
}

/** The first place in a value that JSON cannot hold, with what stands there; undefined when there is none. */
function notJson(value: unknown, pointer: string): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  const place = pointer === '' ? 'it' : pointer
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? undefined
      : `${place} is ${Object.is(value, -0) ? '-0' : value}`
  if (typeof value !== 'object')
    return `${place} is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const found = notJson(value[index], `${pointer}/${index}`)
      if (found) return found
    }
    return undefined
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `${place} is a ${value.constructor.name}`
  for (const [name, field] of Object.entries(value)) {
    const found = field === undefined ? undefined : notJson(field, `${pointer}/${name}`)
    if (found) return found
  }
  return undefined
}

/**
 * A frozen copy of a value as it comes back from a store: through JSON. Fails the scenario when JSON would change it;
 * a field that is `undefined` counts as one that is not there.
 */
export function frozenJson<Value>(value: Value, what: string): Value {
  const problem = notJson(value, '')
  if (problem) return failScenario(`${what} must be plain JSON, but ${problem}.`)
  const copy = JSON.parse(JSON.stringify(value)) as Value
  if (canonicalJson(copy) !== canonicalJson(value))
    failScenario(`${what} does not come back from JSON as it was.`)
  freeze(copy)
  return copy
}
