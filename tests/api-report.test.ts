import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { entriesOf, reportProblems, writeReports } from '../scripts/api/report.ts'
import { publicSurface } from '../scripts/api/surface.ts'

const built = (files: Record<string, string>): string => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-api-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  return directory
}

const index =
  "export { start, Running as Run } from './running.js';\nexport type { Options } from './running.js';\n"
const running = `interface Hidden { readonly a: number }
/** Options. */
export interface Options { readonly port: number }
/** Runs. */
export declare class Running { private secret: Hidden; #own; stop(): void }
/** Starts. */
export declare const start: (options: Options) => Running;
`

const entries = entriesOf({
  name: 'skerry',
  exports: { '.': { types: './dist/index.d.ts' }, './package.json': './package.json' }
})

test('a report shows every exported name, without comments and private parts', () => {
  const directory = built({ 'index.d.ts': index, 'running.d.ts': running })
  const { surfaces, forgotten } = publicSurface(directory, entries)
  expect(surfaces.map(({ entry }) => entry.name)).toEqual(['skerry'])
  expect(surfaces[0]?.declared.map(({ name }) => name)).toEqual(['Options', 'Run', 'start'])
  expect(surfaces[0]?.declared.map(({ text }) => text)).toEqual([
    'interface Options {\n  readonly port: number\n}',
    'class Running {\n  stop(): void\n}',
    'const start: (options: Options) => Running'
  ])
  expect(forgotten).toEqual([])
})

test('a type that users meet but cannot name is reported', () => {
  const directory = built({
    'index.d.ts': "export { start } from './running.js';\n",
    'running.d.ts': running
  })
  expect(publicSurface(directory, entries).forgotten).toEqual([
    'start uses Options, which no public entry exports',
    'start uses Running, which no public entry exports'
  ])
})

test('a changed signature, a missing report and a stale report are each caught', () => {
  const directory = built({ 'index.d.ts': index, 'running.d.ts': running })
  const reports = join(directory, 'api')
  const before = publicSurface(directory, entries)
  expect(reportProblems(reports, before)).toEqual(['skerry has no report: run npm run api:update'])
  writeReports(reports, before)
  expect(reportProblems(reports, before)).toEqual([])
  writeFileSync(join(reports, 'skerry-gone.api.md'), '')
  writeFileSync(join(directory, 'running.d.ts'), running.replace('stop(): void', 'stop(): number'))
  expect(reportProblems(reports, publicSurface(directory, entries))).toEqual([
    'skerry differs from its report skerry.api.md: run npm run api:update and review it',
    'skerry-gone.api.md reports an entry that is gone'
  ])
})

test('an entry without declarations is an error, not an empty report', () => {
  expect(() => publicSurface(built({}), entries)).toThrow(/index\.d\.ts is missing or no module/)
})
