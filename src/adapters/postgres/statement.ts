/** One element of an array of PostgreSQL. */
type Element = string | number | undefined

const escaped = /["\\]/g

function element(value: Element): string {
  if (value === undefined) return 'NULL'
  return typeof value === 'number' ? String(value) : `"${value.replace(escaped, '\\$&')}"`
}

/** An array as PostgreSQL reads it; what is undefined is NULL. */
export function arrayLiteral(values: readonly Element[]): string {
  return `{${values.map(element).join(',')}}`
}

/** Types of columns that are sent as arrays, one for each column of the rows to write. */
type ColumnType = 'text' | 'bigint' | 'integer' | 'float8'

/** The values of a statement while its text is put together. */
export class Statement {
  readonly values: unknown[] = []

  /** The place of a value in the text. */
  value(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }

  /** The place of an array. */
  array(type: ColumnType, values: readonly Element[]): string {
    return `${this.value(arrayLiteral(values))}::${type}[]`
  }
}

/** A name as it stands in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
