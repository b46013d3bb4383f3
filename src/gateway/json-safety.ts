import { type FieldProblem, pointerOf } from '../core/index.ts'

const quote = 34
const backslash = 92
const opens = new Set([91, 123])
const closes = new Set([93, 125])

const comma = 44

/** The place of the quote that ends the string which begins at `start`; the end of the text when none does. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === quote) return index
    if (unit === backslash) index++
  }
  return text.length
}

/**
 * Whether JSON text is nested deeper than `depthMax`. It looks at each character once and does not call itself, so no
 * text can exhaust the stack; text that is no JSON is left to the parser.
 */
export function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === quote) index = endOfString(text, index)
    else if (opens.has(unit)) {
      depth++
      if (depth > depthMax) return true
    } else if (closes.has(unit)) depth--
  }
  return false
}

/** Whether JSON text has more values than `valuesMax`: what is small as text can be large in memory. */
export function hasMoreValues(text: string, valuesMax: number): boolean {
  // Each value begins behind a comma or a bracket; in most texts there are fewer characters than values allowed.
  if (text.length <= valuesMax) return false
  let values = 1
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === quote) index = endOfString(text, index)
    else if (unit === comma || opens.has(unit)) {
      values++
      if (values > valuesMax) return true
    }
  }
  return false
}

// Only text with one of these can hold what `unsafePlaces` looks for; most bodies hold none and are not walked.
const suspicious = /\\u|__proto__|constructor|\d{16}|\d[eE]/

/** Whether parsed text must be walked for unsafe places. */
export function isSuspicious(text: string): boolean {
  return suspicious.test(text)
}

const poisoned = new Set(['__proto__', 'constructor'])

/**
 * Places of a parsed body that would not come through unharmed: names that could reach a prototype, numbers that
 * cannot be held exactly, text that is no Unicode. The depth must have been checked before.
 */
export function unsafePlaces(value: unknown, path: readonly PropertyKey[] = []): readonly FieldProblem[] {
  const here = (problem: string, at = path): FieldProblem => ({ pointer: pointerOf(at), problem })
  if (typeof value === 'string')
    return value.isWellFormed() ? [] : [here('This text holds half a character.')]
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return [here('This number is too large.')]
    const exact = !Number.isInteger(value) || Number.isSafeInteger(value)
    return exact ? [] : [here('This number is too large to be exact; send it as text.')]
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => unsafePlaces(item, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, field]) => {
    const at = [...path, name]
    if (poisoned.has(name)) return [here('A field must not have this name.', at)]
    if (!name.isWellFormed()) return [here('This name holds half a character.', at)]
    return unsafePlaces(field, at)
  })
}
