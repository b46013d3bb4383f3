/**
 * The part of Standard Schema (https://standardschema.dev) that Skerry needs.
 * Any schema of zod, valibot, arktype or another library with `~standard` fits it.
 */
export interface Schema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | PromiseLike<SchemaResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
    readonly jsonSchema?: JsonSchemaSource | undefined
  }
}

/** Standard JSON Schema: how a schema describes itself. */
export interface JsonSchemaSource {
  readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
}

/** What a schema answers. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** One thing that a schema finds wrong. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema lets through. */
export type OutputOf<S> = S extends Schema<infer Output> ? Output : never

/** One wrong place in a message: a JSON pointer (RFC 6901; empty for the whole) and what is wrong there. */
export interface FieldProblem {
  readonly pointer: string
  readonly problem: string
}

/** A value that fits, or every place where it does not. */
export type Validated<Output> =
  | { readonly ok: true; readonly value: Output }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] }
