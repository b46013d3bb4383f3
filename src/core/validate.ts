import { fail } from './failure.ts'
import type { FieldProblem, Schema, Validated } from './schema.ts'

/** The JSON pointer (RFC 6901) of a path. */
export function pointerOf(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  return path
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}

/** Checks a value against a schema. Every wrong place is reported; unknown fields are the schema's affair. */
export function validate<Output>(schema: Schema<Output>, value: unknown): Validated<Output> {
  const result = schema['~standard'].validate(value)
  if ('then' in result)
    return fail('SCHEMA_ASYNC', { hint: `It is a schema of ${schema['~standard'].vendor}.` })
  if (!result.issues) return { ok: true, value: result.value }
  const problems = result.issues.map((issue) => ({
    pointer: pointerOf(issue.path ?? []),
    problem: issue.message
  }))
  return { ok: false, problems }
}

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Fields that a lenient schema dropped from its output. */
function droppedFields(
  input: unknown,
  output: unknown,
  path: readonly PropertyKey[],
  found: FieldProblem[]
): void {
  if (Array.isArray(input) && Array.isArray(output)) {
    for (const [index, item] of input.entries()) droppedFields(item, output[index], [...path, index], found)
  } else if (isObject(input) && isObject(output)) {
    for (const [name, field] of Object.entries(input))
      if (Object.hasOwn(output, name)) droppedFields(field, output[name], [...path, name], found)
      else if (field !== undefined)
        found.push({ pointer: pointerOf([...path, name]), problem: 'This field is not known here.' })
  }
}

/** Fields that a schema which describes itself does not declare, for schemas that let everything through. */
function undeclaredFields(
  described: unknown,
  root: Json,
  input: unknown,
  path: readonly PropertyKey[],
  found: FieldProblem[]
): void {
  if (!isObject(described)) return
  const reference = described['$ref']
  if (typeof reference === 'string' && reference.startsWith('#/')) {
    const target = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), root)
    undeclaredFields(target, root, input, path, found)
  } else if (Array.isArray(input)) {
    for (const [index, item] of input.entries())
      undeclaredFields(described['items'], root, item, [...path, index], found)
  } else if (
    isObject(input) &&
    isObject(described['properties']) &&
    described['additionalProperties'] === undefined
  ) {
    const declared = described['properties']
    for (const [name, field] of Object.entries(input))
      if (Object.hasOwn(declared, name)) undeclaredFields(declared[name], root, field, [...path, name], found)
      else found.push({ pointer: pointerOf([...path, name]), problem: 'This field is not known here.' })
  }
}

/**
 * Checks a message from outside: as `validate`, and every field that the schema does not know is a problem too.
 * A schema that strips unknown fields shows them by its output; one that passes them through shows them by its
 * own JSON Schema, unless it says itself which additional properties it takes.
 */
export function validateStrictly<Output>(schema: Schema<Output>, input: unknown): Validated<Output> {
  const checked = validate(schema, input)
  const problems: FieldProblem[] = []
  if (checked.ok) droppedFields(input, checked.value, [], problems)
  const describe = schema['~standard'].jsonSchema
  if (checked.ok && problems.length === 0 && describe && schema['~standard'].vendor !== 'zod') {
    const described = describe.input({ target: 'draft-2020-12' })
    undeclaredFields(described, described, input, [], problems)
  }
  return problems.length === 0 ? checked : { ok: false, problems }
}
