/** Where and why a file is not of the trade format. `line` and `column` are 1-based; the header is line 1. */
export class TradeFileError extends Error {
  readonly line: number
  readonly column: number
  readonly columnName: string | undefined

  constructor(line: number, column: number, columnName: string | undefined, problem: string) {
    const place = columnName === undefined ? `column ${column}` : `column ${column} (${columnName})`
    super(`line ${line}, ${place}: ${problem}`)
    this.name = 'TradeFileError'
    this.line = line
    this.column = column
    this.columnName = columnName
  }
}
