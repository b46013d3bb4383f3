import { fail } from './failure.ts'
import { pointerOf } from './json-pointer.ts'
import type { Schema, Validated } from './schema.ts'
import { unknownFields } from './unknown-fields.ts'

/**
 * Checks a value against a schema. Every wrong place is reported; unknown fields are the schema's affair. Fails with
 * `SCHEMA_ASYNC` when the schema answers with a promise.
 */
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

/**
 * Checks a message from outside: as `validate`, and every field that the schema does not know is a problem too. A
 * schema that describes itself in JSON Schema (zod and arktype do) knows the fields it declares; one that does not
 * (valibot without its JSON Schema package) knows the fields it keeps, so it must not rename them.
 */
export function validateStrictly<Output>(schema: Schema<Output>, input: unknown): Validated<Output> {
  const checked = validate(schema, input)
  const unknown = unknownFields(schema, input, checked.ok ? checked.value : undefined)
  if (unknown.length === 0) return checked
  return { ok: false, problems: checked.ok ? unknown : [...checked.problems, ...unknown] }
}
