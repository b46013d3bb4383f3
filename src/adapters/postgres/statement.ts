/** One element of an array of PostgreSQL. */
type Element = string | number | undefined

const specials = /["\\]/g

function element(value: Element): string {
  if (value === undefined) return 'NULL'
  return typeof value === 'number' ? String(value) : `"${value.replace(specials, '\\$&')}"`
}

/** An array as JSON writes it; its null is as good as NULL. */
function asJson(values: readonly Element[]): string {
  return `{${JSON.stringify(values).slice(1, -1)}}`
}

/** An array as PostgreSQL reads it; what is undefined is NULL. */
export function arrayLiteral(values: readonly Element[]): string {
  return `{${values.map(element).join(',')}}`
}

/** An array of texts, in which JSON writes most at once: it is what the server reads unless something had to be escaped. */
function textsLiteral(values: readonly Element[]): string {
  const literal = asJson(values)
  return literal.includes('\\') ? arrayLiteral(values) : literal
}

/**
 * Types of columns that are sent as arrays, one for each column of the rows to write, and what they are sent of. What is
 * JSON is kept as text; as it has no control characters, what JSON makes of it is what the server reads.
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
    if (type === 'json') return `${this.value(asJson(values))}::text[]`
    return `${this.value(type === 'text' ? textsLiteral(values) : arrayLiteral(values))}::${type}[]`
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
