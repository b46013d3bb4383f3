/** One element of an array of PostgreSQL. */
type Element = string | number | undefined

const special = /["\\]/
const specials = /["\\]/g

function element(value: Element): string {
  if (value === undefined) return 'NULL'
  if (typeof value === 'number') return String(value)
  return special.test(value) ? `"${value.replace(specials, '\\$&')}"` : `"${value}"`
}

/** Of a text without control characters a string of JSON is the same element, and made several times as fast. */
function jsonElement(value: Element): string {
  return value === undefined ? 'NULL' : JSON.stringify(value)
}

/** An array as PostgreSQL reads it; what is undefined is NULL. */
export function arrayLiteral(values: readonly Element[]): string {
  return `{${values.map(element).join(',')}}`
}

/**
 * Types of columns that are sent as arrays, one for each column of the rows to write, and what they are sent of. What is
 * JSON is kept as text.
 */
interface ColumnValue {
  readonly text: string
  readonly json: string
  readonly bigint: number
  readonly integer: number
  readonly float8: number
}

/** The place of a column, which `of` gives for each row; what is undefined is NULL. */
type PlaceOfColumn<Row> = <Type extends keyof ColumnValue>(
  type: Type,
  of: (row: Row) => ColumnValue[Type] | undefined
) => string

/** The values of a statement while its text is put together. */
export class Statement {
  readonly values: unknown[] = []

  /** The place of a value in the text. */
  value(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }

  /** The place of an array. */
  array(type: keyof ColumnValue, values: readonly Element[]): string {
    if (type === 'json') return `${this.value(`{${values.map(jsonElement).join(',')}}`)}::text[]`
    return `${this.value(arrayLiteral(values))}::${type}[]`
  }

  /** The places of columns of these rows. */
  columnsOf<Row>(rows: readonly Row[]): PlaceOfColumn<Row> {
    return (type, of) => this.array(type, rows.map(of))
  }
}

/** A name as it stands in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
