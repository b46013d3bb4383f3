import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Compiled, compileSnippets, root } from './compile-snippets.ts'
import { definitionOf } from './definition-of.ts'
import { type ShapeMistake, shapeMistakes } from './shape-mistakes.ts'

// Keeps what docs/adr/0011 says of the shapes true.
const directory = join(root, 'docs/adr/api-shapes')
const shapes = ['chained', 'literal', 'decider'] as const
const services = ['sales', 'fulfilment', 'pricing'] as const
const read = (shape: string, file: string): string =>
  readFileSync(join(directory, shape, `${file}.ts`), 'utf8')

const broken = ({ shape, file, replace, by }: ShapeMistake): string => {
  const text = read(shape, file)
  const changed = text.replace(replace, by)
  if (changed === text) throw new Error(`${replace} is not in ${shape}/${file}.ts`)
  // What a mistake of sales may need beside; an import that is not used is no error here.
  return file === 'sales' ? changed.replace('  ConfirmOrder,', '  ConfirmOrder,\n  ReserveStock,') : changed
}

const nameOf = (title: string, { shape }: ShapeMistake): string =>
  `${shape}/mistake-${title.replaceAll(/\W+/g, '-')}`
const all = Object.entries(shapeMistakes).flatMap(([title, mistakes]) =>
  mistakes.map((mistake) => ({ title, mistake }))
)

let compiled: Compiled
beforeAll(() => {
  const right = shapes.flatMap((shape) =>
    services.map((file) => [`${shape}/right-${file}`, read(shape, file)])
  )
  const wrong = all.map(({ title, mistake }) => [nameOf(title, mistake), broken(mistake)])
  compiled = compileSnippets(Object.fromEntries([...right, ...wrong]), directory)
}, 60_000)

test('the three services are right in every shape', () => {
  const right = [...compiled.errors].filter(([name]) => name.includes('/right-'))
  expect(right).toHaveLength(shapes.length * services.length)
  expect(right.flatMap(([, errors]) => errors)).toEqual([])
})

describe.each(Object.entries(shapeMistakes))('%s', (title, mistakes) => {
  test.each(mistakes.map((mistake) => [mistake.shape, mistake] as const))('%s', (_shape, mistake) => {
    const lines = broken(mistake).split('\n')
    const errors = (compiled.errors.get(nameOf(title, mistake)) ?? []).map(({ line, text }) => ({
      line: lines[line - 1],
      text
    }))
    if (!mistake.complaint) return expect(errors).toEqual([])
    const { line, words, characters } = mistake.complaint
    expect(errors[0]?.line).toContain(line)
    expect(errors[0]?.text).toContain(words)
    expect((errors[0]?.text.length ?? 0) > 400 ? 'many' : 'few').toBe(characters)
  })
})

const silent = (shape: string): number =>
  all.filter(({ mistake }) => mistake.shape === shape && mistake.complaint === undefined).length
const made = (shape: string): number => all.filter(({ mistake }) => mistake.shape === shape).length

test('how many of the mistakes that a shape lets be made go past the compiler', () => {
  expect(shapes.map((shape) => [shape, made(shape), silent(shape)])).toEqual([
    ['chained', 11, 3],
    ['literal', 11, 4],
    ['decider', 12, 6]
  ])
})

/** Lines that say something: no imports, blanks or comments. */
const linesOf = (shape: string): number =>
  services
    .flatMap((file) =>
      read(shape, file)
        .replaceAll(/^import[\s\S]*?from '[^']*'\n/gm, '')
        .split('\n')
    )
    .filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/\*\*)/.test(line)).length

test('how long the three services are', () => {
  expect(shapes.map((shape) => [shape, linesOf(shape)])).toEqual([
    ['chained', 87],
    ['literal', 121],
    ['decider', 177]
  ])
})

test.each([
  ['chained', 'emits: OrderConfirmed', ['docs/adr/api-shapes/chained/contracts.ts']],
  ['chained', '.on(ConfirmOrder', ['docs/adr/api-shapes/chained/contracts.ts']],
  ['literal', "emits: 'OrderConfirmed", []],
  ['literal', '        ConfirmOrder', ['docs/adr/api-shapes/literal/sales.ts']],
  ['decider', "case 'ConfirmOrder", []],
  ['decider', 'return OrderConfirmed', ['docs/adr/api-shapes/chained/contracts.ts']]
])('jump to definition, %s: %s', (shape, text, expected) => {
  const found = definitionOf(join(directory, shape, 'sales.ts'), text)
  expect(found.map((place) => place.split(':')[0]).filter((file) => !file?.startsWith('src/'))).toEqual(
    expected
  )
})
