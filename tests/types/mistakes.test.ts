import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Compiled, compileSnippets } from './compile-snippets.ts'
import { type Mistake, machineMistakes, otherMistakes, processMistakes } from './mistakes.ts'

const prelude = [
  "import { actor, contract, processManager, projection, service, stateMachine } from 'skerry';",
  "import { given, timeout } from 'skerry/testing'; import { z } from 'zod';",
  'import { AcceptOrder, CancelOrder, ChargeCustomer, CustomerCharged, OrderAccepted, OrderCancelled, OrderShipped,',
  "prices, ReserveStock, type Order, sales, ShipOrder, StockReserved } from './shop.ts';",
  "import { fulfilment, order } from './stage.ts';"
].join(' ')

const all: Readonly<Record<string, Mistake>> = { ...machineMistakes, ...processMistakes, ...otherMistakes }
const nameOf = (title: string): string => `mistake-${title.replaceAll(/[^a-z]+/gi, '-')}`
const codeOf = ({ code }: Mistake): string => `${prelude}${code}\nexport {}\n`

interface Mark {
  readonly line: number
  readonly words: string
}

const marksOf = (code: string): Mark[] =>
  code.split('\n').flatMap((text, index) => {
    const mark = text.indexOf('//!')
    return mark < 0 ? [] : [{ line: index + 1, words: text.slice(mark + 3).trim() }]
  })

const expectMarked = (compiled: Compiled, title: string, mistake: Mistake): void => {
  const errors = compiled.errors.get(nameOf(title)) ?? []
  const marks = marksOf(codeOf(mistake))
  expect(marks).toHaveLength(1)
  expect(errors.map(({ line }) => line)).toEqual(marks.map(({ line }) => line))
  for (const [index, { text }] of errors.entries()) {
    expect(text).toContain(marks[index]?.words)
    expect(text.length).toBeLessThanOrEqual(mistake.charactersMax ?? 300)
  }
}

const inference = new URL('./inference.test-d.ts', import.meta.url)
const notSame = `import { same } from './same.ts'
same<{ a: 1 }, { a: 1 }>(true)
same<{ a: 1 }, { a: number }>(true)
same<any, string>(true)
`

let compiled: Compiled
beforeAll(() => {
  const mended = { code: 'export const same: typeof order = order' }
  const snippets = Object.entries({ ...all, mended }).map(([title, mistake]) => [
    nameOf(title),
    codeOf(mistake)
  ])
  compiled = compileSnippets({
    ...Object.fromEntries(snippets),
    'inference.test-d': readFileSync(inference, 'utf8'),
    'not-same': notSame
  })
}, 60_000)

test('the types that users rely on are the ones they get, and a wrong one is seen', () => {
  expect(readFileSync(inference, 'utf8').match(/\bsame</g)?.length).toBeGreaterThan(25)
  expect(compiled.errors.get('inference.test-d')).toEqual([])
  expect(compiled.errors.get('not-same')?.map(({ line }) => line)).toEqual([3, 4])
})

test('what is right is not complained about', () => {
  expect(compiled.errors.get(nameOf('mended'))).toEqual([])
  expect(compiled.errors.size).toBe(Object.keys(all).length + 3)
})

describe('the compiler complains at the right line, in few words, about', () => {
  test.each(Object.entries(all))('%s', (title, mistake) => expectMarked(compiled, title, mistake))
})
