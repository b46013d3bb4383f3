import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, sourceFiles } from '../scripts/source-files.ts'
import { undocumented } from '../scripts/tidy/front-doors.ts'
import { breaksOf } from '../scripts/tidy/house-rules.ts'
import { layers, placeOf } from '../scripts/tidy/layers.ts'
import { parse } from '../scripts/tidy/source.ts'

const paths = sourceFiles('**/*.{ts,tsx}')
const sources = new Map(paths.map((path) => [path, parse(path, readFileSync(join(root, path), 'utf8'))]))

const manifest: { exports: Record<string, string | { 'skerry-source': string }> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8')
)
const entries = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'string' ? [] : [target['skerry-source'].slice('./'.length)]
)

test('the rules are applied to every layer', () => {
  const seen = new Set(paths.filter((path) => path.startsWith('src/')).map((path) => placeOf(path).layer))
  expect([...seen].sort()).toEqual(Object.keys(layers).sort())
  expect(sources.size).toBeGreaterThan(50)
})

test('no file breaks a house rule', () => {
  expect(breaksOf(sources.values())).toEqual([])
})

test('every export of a public entry has a doc comment', () => {
  const { seen, problems } = undocumented(sources, entries)
  expect(problems).toEqual([])
  expect(seen).toBeGreaterThan(20)
})

const seeded: readonly [rule: string, path: string, text: string, message: RegExp][] = [
  [
    'core imports nothing',
    'src/core/a.ts',
    "import type { Clock } from '../ports/index.ts'",
    /core must not import ports/
  ],
  [
    'a re-export is an import',
    'src/core/a.ts',
    "export { x } from '../cli/index.ts'",
    /core must not import cli/
  ],
  [
    'import() is an import',
    'src/ports/a.ts',
    "export const x = import('../runtime/index.ts')",
    /must not import runtime/
  ],
  [
    'an import type is an import',
    'src/core/a.ts',
    "export type X = import('../ports/index.ts').X",
    /must not import ports/
  ],
  [
    'no adapter knows another',
    'src/adapters/local/a.ts',
    "import '../sqlite/index.ts'",
    /must not import adapters\/sqlite/
  ],
  ['only the front door', 'src/runtime/a.ts', "import '../core/money.ts'", /import src\/core\/index\.ts/],
  [
    'tests use front doors too',
    'src/runtime/a.test.ts',
    "import '../core/money.ts'",
    /import src\/core\/index\.ts/
  ],
  ['no platform below', 'src/runtime/a.ts', "import 'node:fs'", /runtime must not import node:fs/],
  ['no package below', 'src/core/a.ts', "import { z } from 'zod'", /core must not import zod/],
  ['not by its own name', 'src/cli/a.ts', "import 'skerry'", /by path, not by the name/],
  ['src stands alone', 'src/cli/a.ts', "import '../../scripts/a.ts'", /must not import scripts/],
  ['layers are known', 'src/other/a.ts', '', /not in the table of layers/],
  ['no clock in core', 'src/core/a.ts', 'export const now = () => Date.now()', /Date is banned in core/],
  [
    'no new clock in runtime',
    'src/runtime/a.ts',
    'export const now = () => new Date()',
    /Date is banned in runtime/
  ],
  ['no chance in core', 'src/core/a.ts', 'export const x = Math.random()', /Math\.random is banned in core/],
  ['no timers in runtime', 'src/runtime/a.ts', 'setTimeout(() => {}, 1)', /setTimeout is banned in runtime/],
  ['no global handle', 'src/runtime/a.ts', 'const t = globalThis.setTimeout', /globalThis is banned/],
  ['no clock in testing', 'src/testing/a.ts', 'performance.now()', /performance is banned in testing/],
  ['no async in core', 'src/core/a.ts', 'export const f = async () => 1', /async is banned in core/],
  ['no await in core', 'src/core/a.ts', 'await f()', /await is banned in core/],
  ['no promise in core', 'src/core/a.ts', 'Promise.resolve(1)', /Promise is banned in core/],
  ['no throw in core', 'src/core/a.ts', "throw new Error('x')", /throw is banned in core/],
  ['no doubles', 'src/core/a.test.ts', 'const f = vi.fn()', /vi\.fn makes a double/],
  ['no sleeps', 'tests/a.test.ts', 'await new Promise((r) => setTimeout(r, 9))', /does not sleep/],
  [
    'no other sleeps',
    'tests/a.test.ts',
    "import { setTimeout as s } from 'node:timers/promises'",
    /does not sleep/
  ],
  ['short files', 'src/core/a.ts', 'f()\n'.repeat(401), /401 lines, the most is 400/],
  ['short functions', 'src/core/a.ts', `function f() {\n${'g()\n'.repeat(70)}}`, /72 lines, the most is 70/],
  ['short arrows', 'tests/a.ts', `const f = () => {\n${'g()\n'.repeat(70)}}`, /72 lines, the most is 70/],
  ['no utils', 'src/core/utils.ts', '', /named after its one idea/],
  ['no types.ts', 'tests/types.ts', '', /named after its one idea/],
  ['kebab-case', 'src/core/stateMachine.ts', '', /kebab-case/],
  ['no export star', 'src/core/a.ts', "export * from './b.ts'", /export \* hides/],
  ['no export star as', 'src/core/a.ts', "export * as b from './b.ts'", /export \* hides/],
  ['no default export', 'src/core/a.ts', 'export default 1', /default export/],
  ['no default function', 'src/core/a.ts', 'export default function f() {}', /default export/],
  ['no default by name', 'src/core/a.ts', 'export { x as default }', /default export/],
  ['finished', 'src/core/a.ts', '// TODO later', /TODO: finish it/],
  ['not switched off', 'tests/a.ts', '// @ts-expect-error', /@ts-expect-error: finish it/],
  ['doors only name', 'src/core/index.ts', 'export const x = 1', /only names exports/]
]

test.each(seeded)('a seeded break is caught: %s', (_, path, text, message) => {
  expect(breaksOf([parse(path, text)]).join('\n')).toMatch(message)
})

const allowed: readonly [why: string, path: string, text: string][] = [
  ['a property named Date', 'src/core/a.ts', 'export const x = { Date: 1, ...y.Date }'],
  ['a type named Date', 'src/core/a.ts', 'export type X = Date | Promise<void>'],
  ['a word in a comment', 'src/core/a.ts', '/** Never call Date.now() or throw here; await nothing. */'],
  ['a mark in a string', 'src/core/a.ts', "export const mark = 'TODO'"],
  ['throwing in the assertion', 'src/core/assert.ts', "throw new Error('x')"],
  ['a default clause', 'src/core/a.ts', 'switch (x) { default: y() }'],
  ['a long suite of tests', 'src/core/a.test.ts', `describe('x', () => {\n${'g()\n'.repeat(70)}})`],
  ['a long suite on servers', 'tests/a.test.ts', `describeOnServers('x', () => {\n${'g()\n'.repeat(70)}})`],
  ['the direction of the layers', 'src/gateway/a.ts', "import '../runtime/index.ts'\nimport 'node:http'"],
  ['neighbours', 'src/adapters/local/a.ts', "import './b.ts'"],
  ['a configuration', 'vitest.config.ts', 'export default {}'],
  ['a simulation', 'examples/shop/simulation.ts', 'export default {}']
]

test.each(allowed)('a rule does not cry wolf: %s', (_, path, text) => {
  expect(breaksOf([parse(path, text)])).toEqual([])
})

test('a missing doc comment is caught behind every door', () => {
  const files: Record<string, string> = {
    'src/index.ts': "export { a, b as c } from './core/index.ts'",
    'src/core/index.ts':
      "export { a, b } from './a.ts'\nexport type { D } from './a.ts'\nexport { e } from './a.ts'",
    'src/core/a.ts':
      '/** Good. */\nexport const a = 1\n// no\nexport function b() {}\nexport interface D {}\nconst f = 1'
  }
  const read = new Map(Object.entries(files).map(([path, text]) => [path, parse(path, text)]))
  const { seen, problems } = undocumented(read, ['src/index.ts', 'src/core/index.ts', 'src/gone.ts'])
  expect(seen).toBe(6)
  expect(problems.sort()).toEqual([
    'src/core/a.ts:4: b is public and has no doc comment',
    'src/core/a.ts:4: c is public and has no doc comment',
    'src/core/a.ts:5: D is public and has no doc comment',
    'src/core/index.ts:3: e is declared nowhere',
    'src/gone.ts: package.json exports it, but there is no such file'
  ])
})
