import type { Random } from './random.ts'
import {
  both,
  type Description,
  fieldsOf,
  followed,
  isDescription,
  listOf,
  merged,
  patternsOf
} from './schema-merging.ts'
import { fitsText, schemaText, type TextRules } from './schema-text.ts'

/** What values are drawn with. */
export interface ValueSource {
  readonly random: Random
  /** The text of a field of that name, when it shall not be just any: a key of an entity. */
  readonly keyed?: (field: string, rules: TextRules) => string | undefined
  /** The number of a field of that name, likewise. */
  readonly numbered?: (field: string) => number | undefined
}

interface Drawing extends ValueSource {
  readonly root: Description
}

const ofType: readonly (readonly [string, readonly string[]])[] = [
  ['object', ['properties', 'additionalProperties', 'propertyNames']],
  ['array', ['items', 'prefixItems', 'minItems']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']]
]

function typeOf(described: Description, random: Random): string {
  const { type } = described
  if (typeof type === 'string') return type
  const types = listOf(type).filter((one) => one !== 'null')
  if (Array.isArray(type))
    return types.length < type.length && random.chance(0.2) ? 'null' : String(random.pick(types))
  const says = (word: string): boolean => {
    const said = described[word]
    return said !== undefined && (word !== 'properties' || Object.keys(fieldsOf(said)).length > 0)
  }
  return ofType.find(([, words]) => words.some(says))?.[0] ?? 'string'
}

/** How deep values go before what is optional is left out, and how deep they go at all. */
const depthMax = 5
const depthHardMax = 20

/** A description without references and branches: of each union one was chosen. */
function chosen(given: unknown, { random, root }: Drawing): Description {
  let described = followed(fieldsOf(given), root)
  // A branch may have branches itself.
  for (let hops = 0; hops < 8; hops++) {
    const { anyOf, oneOf, allOf, ...rest } = described
    if (anyOf === undefined && oneOf === undefined && allOf === undefined) break
    described = rest
    const branches = [listOf(anyOf), listOf(oneOf)].filter((union) => union.length > 0)
    for (const part of [...listOf(allOf), ...branches.map((union) => random.pick(union))])
      described = merged(described, followed(fieldsOf(part), root))
  }
  return described
}

function draw(given: unknown, name: string, depth: number, drawing: Drawing): unknown {
  const { random } = drawing
  if (depth > depthHardMax) return null
  const described = chosen(given, drawing)
  if (described['const'] !== undefined) return described['const']
  if (Array.isArray(described['enum'])) return random.pick(described['enum'])
  switch (typeOf(described, random)) {
    case 'object':
      return drawObject(described, depth, drawing)
    case 'array':
      return drawArray(described, name, depth, drawing)
    case 'integer':
      return drawNumber(described, true, random, drawing.numbered?.(name))
    case 'number':
      return drawNumber(described, false, random)
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    default:
      return drawText(described, name, drawing)
  }
}

/** The rules of a text in a JSON Schema. */
function textRules(described: Description): TextRules {
  const { format, minLength = 0, maxLength = 1_000 } = described
  return {
    format: typeof format === 'string' ? format : undefined,
    patterns: patternsOf(described),
    lengthMin: Number(minLength),
    lengthMax: Number(maxLength)
  }
}

function drawText(described: Description, name: string, { random, keyed }: Drawing): string {
  const rules = textRules(described)
  const key = keyed?.(name, rules)
  return key !== undefined && fitsText(rules, key) ? key : schemaText(rules, random)
}

function drawObject(described: Description, depth: number, drawing: Drawing): Description {
  const { random } = drawing
  const required = new Set(listOf(described['required']))
  const value: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fieldsOf(described['properties']))) {
    const isLeftOut = !required.has(name) && (depth >= depthMax || random.chance(0.4))
    if (!isLeftOut) value[name] = draw(field, name, depth + 1, drawing)
  }
  const { additionalProperties, propertyNames, minProperties = 0 } = described
  if (!isDescription(additionalProperties)) return value
  const count = Math.max(Number(minProperties), depth >= depthMax ? 0 : random.below(4))
  for (let index = 0; index < count; index++) {
    const name = draw(propertyNames ?? { type: 'string', minLength: 1 }, '', depth + 1, drawing)
    value[String(name)] = draw(additionalProperties, '', depth + 1, drawing)
  }
  return value
}

function drawArray(
  described: Description,
  name: string,
  depth: number,
  drawing: Drawing
): readonly unknown[] {
  const { random } = drawing
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY, uniqueItems } = described
  const first = listOf(described['prefixItems']).map((item) => draw(item, name, depth + 1, drawing))
  if (items === false || (first.length > 0 && !isDescription(items))) return first
  const few = depth >= depthMax ? 0 : random.chance(0.1) ? random.below(6) : random.below(3)
  // An empty list is a rare case where one is allowed.
  const usual = Number(minItems) === 0 && depth < depthMax && random.chance(0.8) ? 1 : Number(minItems)
  const length = Math.max(first.length, Math.min(Number(maxItems), usual + few))
  const rest = Array.from({ length: length - first.length }, () => draw(items, name, depth + 1, drawing))
  const all = [...first, ...rest]
  if (uniqueItems !== true) return all
  return [...new Map(all.map((item) => [JSON.stringify(item), item])).values()]
}

/** What is written as the bound of every number bounds none. */
const isBound = (bound: unknown): bound is number =>
  typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER

function drawNumber(
  described: Description,
  isWhole: boolean,
  random: Random,
  wanted?: number | undefined
): number {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = described
  const step = typeof multipleOf === 'number' ? multipleOf : isWhole ? 1 : 0.01
  const above = isBound(exclusiveMinimum) ? exclusiveMinimum + step : undefined
  const below = isBound(exclusiveMaximum) ? exclusiveMaximum - step : undefined
  const least = both(isBound(minimum) ? minimum : undefined, above, Math.max)
  const most = both(isBound(maximum) ? maximum : undefined, below, Math.min)
  const fitting = (value: number): number => {
    const steps = Math.round(value / step)
    const inside =
      least !== undefined && steps * step < least
        ? Math.ceil(least / step)
        : most !== undefined && steps * step > most
          ? Math.floor(most / step)
          : steps
    return Number((inside * step).toFixed(6))
  }
  if (wanted !== undefined && fitting(wanted) === wanted) return wanted
  const share = random.next()
  if (share < 0.03) return fitting(least ?? -1)
  if (share < 0.05 && most !== undefined) return fitting(most)
  const from = least ?? Math.min(1, (most ?? 11) - 10)
  const reach = (share < 0.8 ? 10 : 100) * Math.max(1, step)
  return fitting(from + random.next() * (Math.min(most ?? Number.POSITIVE_INFINITY, from + reach) - from))
}

/** Draws a value that a JSON Schema most likely takes: whoever draws has it checked by the schema itself. */
export function schemaValue(described: Description, source: ValueSource): unknown {
  return draw(described, '', 0, { ...source, root: described })
}
