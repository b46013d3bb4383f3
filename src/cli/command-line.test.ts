import { expect, test } from 'vitest'
import { Failure } from '../core/index.ts'
import { readCommandLine } from './command-line.ts'

const hintOf = (line: string): unknown => {
  try {
    readCommandLine(line.split(' '))
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'USAGE_INVALID') return thrown.details['hint']
    throw thrown
  }
  throw new Error(`'${line}' was understood`)
}

test('a call has its words and options, wherever they stand', () => {
  const request = readCommandLine(['inspect', '--limit', '3', 'sales/order', '--json', '--after=--odd'])
  expect(request).toMatchObject({
    kind: 'call',
    words: ['sales/order'],
    options: { limit: '3', json: true, after: '--odd' }
  })
  expect(readCommandLine(['dlq', 'redrive', 'sales/1', 'sales/2'])).toMatchObject({
    words: ['sales/1', 'sales/2']
  })
  expect(readCommandLine(['inspect', '--', '--odd'])).toMatchObject({ words: ['--odd'] })
})

test('an option that is not known is named as it was typed, with the nearest one', () => {
  expect(hintOf('run --prot 1')).toBe(
    "There is no option '--prot'; did you mean '--port'? See 'skerry run --help'."
  )
  expect(hintOf('run --no-log')).toMatch(/no option '--no-log'/)
  expect(hintOf('doctor --wait')).toBe("There is no option '--wait'. See 'skerry doctor --help'.")
  expect(hintOf('run --port=1 -xyz')).toMatch(/no option '-x'/)
})

test('an option that lacks its value, or has one too many, is refused', () => {
  expect(hintOf('run --port')).toMatch(/--port <value>' argument missing/)
  expect(hintOf('run --port --log')).toMatch(/--port/)
  expect(hintOf('run --log=yes')).toMatch(/--log' does not take an argument/)
})

test('help wins over words that are missing', () => {
  expect(readCommandLine(['rebuild', '--help'])).toMatchObject({ kind: 'help', exitCode: 0 })
  expect(readCommandLine(['dlq'])).toMatchObject({ kind: 'help', exitCode: 2 })
  expect(readCommandLine(['dlq', 'help'])).toMatchObject({ kind: 'help', exitCode: 0 })
  expect(readCommandLine(['help', 'rebuild'])).toEqual(readCommandLine(['rebuild', '--help']))
})
