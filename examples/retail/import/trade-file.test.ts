import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTradeFile, readTradeFile, TradeFileReader } from './trade-file.ts'
import { TradeFileError } from './trade-file-error.ts'
import { type TradeRow, tradeColumns } from './trade-row.ts'

const header = tradeColumns.join(',')
const sound = '536365,85123A,WHITE HOLDER,6,12/1/10 8:26,2.55,17850,United Kingdom'

function parsed(text: string): TradeRow[] {
  return parseTradeFile(Buffer.from(text))
}

function only(row: string): TradeRow {
  const [first, ...others] = parsed(`${header}\n${row}\n`)
  if (first === undefined || others.length > 0) throw new Error('expected exactly one row')
  return first
}

function refusal(bytes: string | Uint8Array): TradeFileError {
  try {
    parseTradeFile(Buffer.from(bytes))
  } catch (error) {
    if (error instanceof TradeFileError) return error
    throw error
  }
  throw new Error('the file was accepted')
}

function withCell(name: (typeof tradeColumns)[number], text: string): string {
  const cells = sound.split(',')
  cells[tradeColumns.indexOf(name)] = text
  return cells.join(',')
}

describe('what a row says', () => {
  test('a row is read exactly', () => {
    expect(only(sound)).toEqual({
      line: 2,
      invoice: '536365',
      stockCode: '85123A',
      description: 'WHITE HOLDER',
      quantity: 6,
      date: '2010-12-01T08:26:00Z',
      unitPence: 255,
      customerId: '17850',
      country: 'United Kingdom'
    })
  })

  test.each([
    ['0', 0],
    ['-0.00', 0],
    ['18', 1800],
    ['2.1', 210],
    ['0.29', 29],
    ['1.1', 110],
    ['.5', 50],
    ['2.5500', 255],
    ['-11062.06', -1_106_206],
    ['13541.33', 1_354_133],
    ['0.001', undefined],
    ['-1.005', undefined],
    ['90071992547409.91', 9_007_199_254_740_991]
  ])('the price %s is %s pence', (price, pence) => {
    // With a quantity of 0 no amount can pass what is counted exactly; toBe tells 0 from -0.
    expect(only(withCell('UnitPrice', price).replace(',6,', ',0,')).unitPence).toBe(pence)
  })

  test('every price of two decimals is read without rounding', () => {
    fc.assert(
      fc.property(fc.integer({ min: -99_999_999, max: 99_999_999 }), (pence) => {
        const digits = String(Math.abs(pence)).padStart(3, '0')
        const price = `${pence < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
        expect(only(withCell('UnitPrice', price)).unitPence).toBe(pence)
      })
    )
  })

  test.each([
    ['12/1/10 8:26', '2010-12-01T08:26:00Z'],
    ['02/29/2012 23:59', '2012-02-29T23:59:00Z'],
    ['7/4/11 0:00', '2011-07-04T00:00:00Z']
  ])('the date %s is %s', (text, date) => {
    expect(only(withCell('InvoiceDate', text)).date).toBe(date)
  })

  test('codes and descriptions are kept as they stand, to the blank and the case', () => {
    const row = only('536862,15056bl ,"PARASOL, ""BLACK"" ",1,12/3/10 11:13,12.72,,United Kingdom')
    expect(row.stockCode).toBe('15056bl ')
    expect(row.description).toBe('PARASOL, "BLACK" ')
    expect(row.customerId).toBe('')
  })

  test('a quote within an unquoted description is itself', () => {
    expect(only(withCell('Description', 'FRAME 7" SINGLE')).description).toBe('FRAME 7" SINGLE')
  })

  test('a pound sign is a pound sign in UTF-8 and in the one byte of an old spreadsheet', () => {
    const text = `${header}\n${withCell('Description', '£1 NOTE')}\n`
    expect(parseTradeFile(Buffer.from(text, 'utf8'))[0]?.description).toBe('£1 NOTE')
    expect(parseTradeFile(Buffer.from(text, 'latin1'))[0]?.description).toBe('£1 NOTE')
  })

  test('adjustments have invoice numbers of their own', () => {
    expect(only(withCell('InvoiceNo', 'A563185')).invoice).toBe('A563185')
  })
})

describe('how lines are counted and ended', () => {
  test('line ends, a byte order mark and a missing last line end do not matter', () => {
    const expected = parsed(`${header}\n${sound}\n${sound}\n`)
    expect(expected).toHaveLength(2)
    for (const end of ['\n', '\r\n', '\r']) {
      const text = [header, sound, sound].join(end)
      for (const variant of [text, `\ufeff${text}`, text + end, text + end + end]) {
        expect(parsed(variant)).toEqual(expected)
      }
    }
  })

  test('a row that spans lines is named by its first line', () => {
    const spanning = withCell('Description', '"TWO\nLINES, ""AND""\r\nTHREE"')
    const rows = parsed(`${header}\n${spanning}\n${sound}`)
    expect(rows.map((row) => [row.line, row.description])).toEqual([
      [2, 'TWO\nLINES, "AND"\r\nTHREE'],
      [5, 'WHITE HOLDER']
    ])
  })

  test('a header alone is a file without trade', () => {
    expect(parsed(header)).toEqual([])
    expect(parsed(`${header}\r\n\r\n`)).toEqual([])
  })

  test('it does not matter in which pieces a file arrives', () => {
    const text = `\ufeff${header}\r\n${withCell('Description', '"A, ""£"" \r\n B"')}\r\n${sound}\r${sound}`
    const bytes = Buffer.from(text)
    const whole = parseTradeFile(bytes)
    expect(whole).toHaveLength(3)
    for (let size = 1; size <= bytes.length; size += 1) {
      const reader = new TradeFileReader()
      const rows: TradeRow[] = []
      for (let at = 0; at < bytes.length; at += size) rows.push(...reader.push(bytes.subarray(at, at + size)))
      rows.push(...reader.end())
      expect(rows).toEqual(whole)
    }
  })

  test('whatever is written as CSV is read back', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '£', 'é', '€', '𝄞') })
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), fc.boolean(), (pairs, end, closed) => {
        const lines = pairs.map(([code, description]) =>
          ['1', `c${code}`, description, '1', '12/1/10 8:26', '1', '', 'EIRE']
            .map((text) => `"${text.replaceAll('"', '""')}"`)
            .join(',')
        )
        const rows = parsed([header, ...lines].join(end) + (closed ? end : ''))
        expect(rows.map((row) => [row.stockCode, row.description])).toEqual(
          pairs.map(([code, description]) => [`c${code}`, description])
        )
      })
    )
  })
})

describe('a file of another shape is refused with its line and column', () => {
  const cases: [string, string | Uint8Array, string][] = [
    ['nothing', '', 'line 1, column 1 (InvoiceNo): the file is empty'],
    ['a byte order mark alone', '\ufeff', 'line 1, column 1 (InvoiceNo): the file is empty'],
    ['empty lines alone', '\n\n', 'line 1, column 1 (InvoiceNo): the file is empty'],
    ['no header', sound, 'line 1, column 1 (InvoiceNo): the header has "536365" where InvoiceNo belongs'],
    [
      'another header',
      header.replace('UnitPrice', 'Price'),
      'line 1, column 6 (UnitPrice): the header has "Price" where UnitPrice belongs'
    ],
    [
      'semicolons',
      header.replaceAll(',', ';'),
      'line 1, column 1 (InvoiceNo): the header has "InvoiceNo;StockCode;Description;Quantity..." where InvoiceNo belongs'
    ],
    [
      'a short header',
      header.replace(',Country', ''),
      'line 1, column 8 (Country): the header ends before this column'
    ],
    ['a long header', `${header},Till`, 'line 1, column 9: "Till" is one column too many (there are 8)'],
    [
      'a short row',
      `${header}\n${sound}\n536366,22633,WARMER`,
      'line 3, column 4 (Quantity): the row ends before this column (it has 3 of 8)'
    ],
    ['a long row', `${header}\n${sound},`, 'line 2, column 9: "" is one column too many (there are 8)'],
    ['an empty line', `${header}\n${sound}\n\n${sound}\n`, 'line 3, column 1 (InvoiceNo): the line is empty'],
    [
      'no quantity',
      `${header}\n${withCell('Quantity', '')}`,
      'line 2, column 4 (Quantity): "" is no whole number'
    ],
    [
      'a broken quantity',
      `${header}\n${sound}\n${withCell('Quantity', '1.5')}`,
      'line 3, column 4 (Quantity): "1.5" is no whole number'
    ],
    [
      'a price with its sign',
      `${header}\n${withCell('UnitPrice', '£2.55')}`,
      'line 2, column 6 (UnitPrice): "£2.55" is no price in pounds (such as 2.55)'
    ],
    [
      'a missing price',
      `${header}\n${withCell('UnitPrice', '-')}`,
      'line 2, column 6 (UnitPrice): "-" is no price in pounds (such as 2.55)'
    ],
    [
      'a day that is none',
      `${header}\n${withCell('InvoiceDate', '11/31/10 8:26')}`,
      'line 2, column 5 (InvoiceDate): "11/31/10 8:26" is no date of the form month/day/year hour:minute'
    ],
    [
      'a minute that is none',
      `${header}\n${withCell('InvoiceDate', '12/1/10 8:60')}`,
      'line 2, column 5 (InvoiceDate): "12/1/10 8:60" is no date of the form month/day/year hour:minute'
    ],
    [
      'another date',
      `${header}\n${withCell('InvoiceDate', '2010-12-01')}`,
      'line 2, column 5 (InvoiceDate): "2010-12-01" is no date of the form month/day/year hour:minute'
    ],
    [
      'a customer that is no number',
      `${header}\n${withCell('CustomerID', '17850.0')}`,
      'line 2, column 7 (CustomerID): "17850.0" is no customer number (digits, or nothing for a guest)'
    ],
    [
      'no invoice number',
      `${header}\n${withCell('InvoiceNo', '')}`,
      'line 2, column 1 (InvoiceNo): "" is no invoice number (digits, or one capital and digits)'
    ],
    [
      'no stock code',
      `${header}\n${withCell('StockCode', '')}`,
      'line 2, column 2 (StockCode): the stock code is missing'
    ],
    [
      'no country',
      `${header}\n${withCell('Country', '')}`,
      'line 2, column 8 (Country): the country is missing'
    ],
    [
      'an open quote',
      `${header}\n${withCell('Description', '"TWO\nLINES"')}\n${withCell('Description', '"WHITE')}\n${sound}`,
      'line 4, column 3 (Description): the quote opened here is never closed'
    ],
    [
      'a quote closed too early',
      `${header}\n${withCell('Description', '"WHITE" HOLDER')}`,
      'line 2, column 3 (Description): the quote opened here is closed within the column (a quote inside is written twice)'
    ],
    [
      'zero bytes',
      `${header}\n${withCell('Description', 'WHITE\0')}`,
      'line 2, column 3 (Description): there is a zero byte here, so this is no CSV text (save a spreadsheet as CSV in UTF-8 first)'
    ],
    [
      'UTF-16',
      Buffer.from(`\ufeff${header}\n`, 'utf16le'),
      'line 1, column 1 (InvoiceNo): there is a zero byte here, so this is no CSV text (save a spreadsheet as CSV in UTF-8 first)'
    ],
    [
      'an amount beyond counting',
      `${header}\n${withCell('Quantity', '99999999999999')}`,
      'line 2, column 4 (Quantity): with this row the file passes what can be counted exactly (9,007,199,254,740,991)'
    ],
    [
      'a quantity beyond counting',
      `${header}\n${withCell('Quantity', '99999999999999999999')}`,
      'line 2, column 4 (Quantity): "99999999999999999999" is too large to count'
    ]
  ]

  test.each(cases)('%s', (_, bytes, message) => {
    expect(refusal(bytes).message).toBe(message)
  })

  test('the place is data, not only text', () => {
    const error = refusal(`${header}\n${withCell('Quantity', 'six')}`)
    expect([error.line, error.column, error.columnName]).toEqual([2, 4, 'Quantity'])
  })

  test('a line without end is refused before it fills the memory', () => {
    const reader = new TradeFileReader()
    reader.push(Buffer.from(`${header}\n536365,`))
    const piece = Buffer.alloc(600_000, 'x')
    reader.push(piece)
    expect(() => reader.push(piece)).toThrow(
      'line 2, column 2 (StockCode): the line is longer than 1,048,576 characters'
    )
  })

  test('a quote without end is refused before it fills the memory', () => {
    const reader = new TradeFileReader()
    reader.push(Buffer.from(`${header}\n536365,"`))
    const piece = Buffer.alloc(600_000, 'x')
    reader.push(piece)
    expect(() => reader.push(piece)).toThrow(
      'line 2, column 2 (StockCode): the quote opened here is never closed'
    )
  })

  test('bytes of any kind are read or refused with a place, never anything else', () => {
    const soup = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.constantFrom(header, sound, '"', ',', '\n', '\r', '\0', 'x', '-1', '\u00a3'), {
          maxLength: 12
        })
        .map((parts) => Buffer.from(parts.join('')))
    )
    let refused = 0
    fc.assert(
      fc.property(soup, (bytes) => {
        try {
          parseTradeFile(bytes)
        } catch (error) {
          if (!(error instanceof TradeFileError)) throw error
          expect(Math.min(error.line, error.column)).toBeGreaterThanOrEqual(1)
          refused += 1
        }
      }),
      { numRuns: 300 }
    )
    expect(refused).toBeGreaterThan(0)
  })
})

describe('files on disk', () => {
  test('the same bytes have the same fingerprint, and a defect at the end refuses the whole file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'trade-file-'))
    try {
      const path = join(directory, 'week.csv')
      writeFileSync(path, `${header}\n${`${sound}\n`.repeat(5000)}`)
      const first = await readTradeFile(path)
      expect(first.rows).toHaveLength(5000)
      expect(first.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect((await readTradeFile(path)).sha256).toBe(first.sha256)
      writeFileSync(path, `${header}\n${`${sound}\n`.repeat(5000)}536366`)
      await expect(readTradeFile(path)).rejects.toThrow('line 5002, column 2 (StockCode)')
      await expect(readTradeFile(join(directory, 'absent.csv'))).rejects.toMatchObject({ code: 'ENOENT' })
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
