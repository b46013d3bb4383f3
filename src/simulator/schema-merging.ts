/** A JSON Schema. */
export type Description = Readonly<Record<string, unknown>>

/** Whether it can be a JSON Schema, and is none of the two that are true or false. */
export const isDescription = (value: unknown): value is Description =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** A list as it is; an empty one for anything else. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
/** An object as it is; an empty one for anything else. */
export const fieldsOf = (value: unknown): Description => (isDescription(value) ? value : {})

/** What a reference in a JSON Schema stands for, with what is said beside it. */
export function followed(described: Description, root: Description): Description {
  let current = described
  for (let hops = 0; hops < 32 && typeof current['$ref'] === 'string'; hops++) {
    const { $ref, ...beside } = current as { readonly $ref: string }
    const steps = $ref.split('/').slice(1)
    const target = steps.reduce<unknown>(
      (at, step) => fieldsOf(at)[step.replaceAll('~1', '/').replaceAll('~0', '~')],
      root
    )
    current = merged(fieldsOf(target), beside)
  }
  return current
}

/** What both ask for, as far as it matters for drawing. Several patterns of one text are kept in `patterns`. */
export function merged(one: Description, other: Description): Description {
  const lower = (name: string): unknown => both(one[name], other[name], Math.max)
  const upper = (name: string): unknown => both(one[name], other[name], Math.min)
  const bounds = {
    ...Object.fromEntries(
      ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'].map((name) => [name, lower(name)])
    ),
    ...Object.fromEntries(
      ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'].map((name) => [name, upper(name)])
    )
  }
  return {
    ...one,
    ...other,
    ...Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined)),
    properties: mergedFields(fieldsOf(one['properties']), fieldsOf(other['properties'])),
    required: [...listOf(one['required']), ...listOf(other['required'])],
    pattern: undefined,
    patterns: [...patternsOf(one), ...patternsOf(other)]
  }
}

/** The bound that both keep to. */
export function both(
  one: unknown,
  other: unknown,
  choose: (...bounds: number[]) => number
): number | undefined {
  const bounds = [one, other].filter((bound) => typeof bound === 'number')
  return bounds.length === 0 ? undefined : choose(...bounds)
}

function mergedFields(one: Description, other: Description): Description {
  const fields: Record<string, unknown> = { ...one }
  for (const [name, field] of Object.entries(other))
    fields[name] = Object.hasOwn(one, name) ? merged(fieldsOf(one[name]), fieldsOf(field)) : field
  return fields
}

/** Everything that a text must match. */
export function patternsOf({ pattern, patterns }: Description): readonly string[] {
  const all = typeof pattern === 'string' ? [pattern, ...listOf(patterns)] : listOf(patterns)
  return [...new Set(all as readonly string[])]
}
