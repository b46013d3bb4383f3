import type { ProjectionDefinition } from '../core/index.ts'

/** What the values of a field are; `unknown` when nothing says so. */
export type FieldKind = 'text' | 'number' | 'boolean' | 'unknown'

const kinds: Readonly<Record<string, FieldKind>> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean'
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The kinds that a JSON Schema allows beside null. */
function kindsOf(described: unknown): readonly FieldKind[] {
  if (!isObject(described)) return []
  const { type, anyOf, oneOf, const: only, enum: some } = described
  if (Array.isArray(anyOf ?? oneOf)) return ((anyOf ?? oneOf) as readonly unknown[]).flatMap(kindsOf)
  const types = Array.isArray(type) ? type : [type]
  if (type !== undefined)
    return types.flatMap((one) => (one === 'null' ? [] : [kinds[String(one)] ?? 'unknown']))
  const values = Array.isArray(some) ? some : only === undefined ? [] : [only]
  return values.flatMap((one) => (one === null ? [] : [kinds[typeof one] ?? 'unknown']))
}

const oneOf = (found: readonly FieldKind[]): FieldKind => {
  const [first, ...others] = new Set(found)
  return first !== undefined && others.length === 0 ? first : 'unknown'
}

/** What the declared fields of a projection hold, by the schema of its rows, else by the row it starts from. */
export function fieldKinds(projection: ProjectionDefinition): ReadonlyMap<string, FieldKind> {
  const described = projection.schema?.['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  const properties = described?.['properties']
  const kindOf = (field: string): FieldKind => {
    if (isObject(properties) && Object.hasOwn(properties, field)) return oneOf(kindsOf(properties[field]))
    const initial = isObject(projection.initial) ? projection.initial[field] : undefined
    return kinds[typeof initial] ?? 'unknown'
  }
  return new Map([['key', 'text'], ...projection.indexes.map((field) => [field, kindOf(field)] as const)])
}

/**
 * The value that a text in an address stands for, `undefined` when it is none of that kind. Without a kind, numbers,
 * true and false are taken as such, and what stands in double quotes as text.
 */
export function valueOfText(text: string, kind: FieldKind): string | number | boolean | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  const boolean = text === 'true' ? true : text === 'false' ? false : undefined
  switch (kind) {
    case 'text':
      return text
    case 'number':
      return Number.isFinite(number) ? number : undefined
    case 'boolean':
      return boolean
    case 'unknown':
      if (/^".*"$/s.test(text)) return text.slice(1, -1)
      return boolean ?? (Number.isFinite(number) ? number : text)
  }
}
