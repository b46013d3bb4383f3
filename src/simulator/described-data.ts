import { type Schema, validateStrictly } from '../core/index.ts'
import { probedDescription } from './probed-schema.ts'
import type { Description } from './schema-merging.ts'
import { schemaValue, type ValueSource } from './schema-values.ts'

const descriptions = new WeakMap<object, { readonly description: Description | undefined }>()

/** How a schema describes itself, or what was found out about it. */
export function descriptionOf(schema: Schema): Description | undefined {
  const known = descriptions.get(schema)
  if (known) return known.description
  let description: Description | undefined
  try {
    description = schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    // One part that JSON Schema cannot express, and it describes itself not at all.
  }
  description ??= probedDescription(schema)
  descriptions.set(schema, { description })
  return description
}

const triesMax = 12

/** Draws data that the schema of a command takes; undefined when none was found in a few tries. */
export function drawData(
  { schema, description }: { readonly schema: Schema; readonly description: Description },
  source: ValueSource
): unknown {
  for (let attempt = 0; attempt < triesMax; attempt++) {
    const data = schemaValue(description, source)
    if (data !== undefined && validateStrictly(schema, data).ok) return data
  }
  return undefined
}
