import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { documents, problemsOf, synchronised } from '../scripts/docs/parity.ts'
import { root } from '../scripts/source-files.ts'

test('every block in the documents is a region of a file that the tests run, every link leads somewhere', () => {
  const paths = documents(root)
  expect(paths).toContain('CONTRIBUTING.md')
  expect(problemsOf(root, paths)).toEqual([])
}, 60_000)

const repository = (files: Record<string, string>): string => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-docs-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  return directory
}

const fence = '```'
const block = (origin: string, content: string, language = 'ts'): string =>
  `${origin}\n${fence}${language}\n${content}\n${fence}\n`

const order = `import { b } from './b.ts'
export const f = () => {
  // #region sum
  const sum = 1
  // #region inner
  const inner = 2
  // #endregion
  return sum
  // #endregion
}
// #region open
`
const sum = 'const sum = 1\nconst inner = 2\nreturn sum'

const example = {
  'examples/order.ts': order,
  'examples/order.test.ts': "import './order.ts'\nread('examples/out.txt')",
  'examples/out.txt': 'hello\n',
  'examples/lonely.ts': 'nobody()'
}

test('a block that equals its region is in order', () => {
  const markdown = [
    '# Title here',
    block('<!-- examples/order.ts#sum -->', sum),
    block('<!-- examples/order.ts#inner -->', 'const inner = 2'),
    block('<!-- examples/out.txt -->', 'hello', 'console'),
    block('<!-- paths -->', 'examples/        the examples\nexamples/out.txt', 'text'),
    block('', 'graph LR', 'mermaid'),
    '[up](#title-here) [other](../README.md) [far](https://example.org/x) `examples/order.ts`'
  ].join('\n')
  const directory = repository({ ...example, 'docs/a.md': markdown, 'README.md': '# Readme' })
  expect(documents(directory)).toEqual(['README.md', 'docs/a.md'])
  expect(problemsOf(directory, documents(directory))).toEqual([])
})

const wrong: readonly [why: string, markdown: string, message: RegExp][] = [
  ['no origin', block('', 'x()'), /a\.md:2: a block without origin/],
  [
    'another text',
    block('<!-- examples/order.ts#sum -->', 'const sum = 2'),
    /a\.md:2: differs from examples/
  ],
  ['no such file', block('<!-- examples/gone.ts#sum -->', 'x()'), /examples\/gone\.ts does not exist/],
  ['no such region', block('<!-- examples/order.ts#gone -->', 'x()'), /no complete region gone/],
  ['a region without end', block('<!-- examples/order.ts#open -->', ''), /no complete region open/],
  [
    'a file that nobody runs',
    block('<!-- examples/lonely.ts -->', 'nobody()'),
    /lonely\.ts is run by no test/
  ],
  [
    'a map with a lost path',
    block('<!-- paths -->', 'examples/\nsrc/gone/  x', 'text'),
    /src\/gone\/ does not exist/
  ],
  ['a block in a quotation', `> ${fence}ts\n> x()\n> ${fence}`, /inside a quotation/],
  ['a dead link', 'See [that](gone.md).', /links to gone\.md/],
  ['a dead anchor', '# One\n[two](#two)', /no such heading/],
  ['a lost path in the text', 'It is in `src/gone/a.ts`.', /names src\/gone\/a\.ts/]
]

test.each(wrong)('a seeded fault in a document is caught: %s', (_, markdown, message) => {
  const directory = repository({ ...example, 'a.md': markdown })
  expect(problemsOf(directory, ['a.md']).join('\n')).toMatch(message)
})

test('a sync writes the regions into the blocks and leaves the rest alone', () => {
  const stale = `before\n${block('<!-- examples/order.ts#sum -->', 'old\nlines\nhere\nnow')}between\n${block('<!-- examples/out.txt -->', '', 'console')}after`
  const directory = repository(example)
  const fresh = `before\n${block('<!-- examples/order.ts#sum -->', sum)}between\n${block('<!-- examples/out.txt -->', 'hello', 'console')}after`
  expect(synchronised(directory, stale)).toBe(fresh)
})
