import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entryNames } from '../../scripts/check/package.ts'
import { root } from '../../scripts/source-files.ts'
import { nodeOf, type Project, pinned, projectWith } from './empty-project.ts'

/** The README's example: the directory that a reader would type in, the file to run, and what it must print. */
const readme = { directory: 'examples/readme', main: 'main.ts', output: 'examples/readme/output.txt' }

/** The oldest Node that `engines` admits, the one between, and the one that the repository runs on. */
const versions = ['22.22.0', '24.21.0', pinned('node')]

const entries = entryNames().map((name) => name.replace(/^\./, 'skerry'))

const importAll = `
const found = {}
for (const name of ${JSON.stringify(entries)}) {
  const names = Object.keys(await import(name))
  found[name] = { names: names.length, from: import.meta.resolve(name) }
}
console.log(JSON.stringify(found))
`

let project: Project

beforeAll(async () => {
  project = await projectWith(['zod', 'typescript', '@types/node'])
  project.copy(readme.directory)
  project.write('import-all.js', importAll)
})

afterAll(() => project.remove())

describe.each(versions)('on Node %s', (version) => {
  let node: Awaited<ReturnType<typeof nodeOf>>

  beforeAll(async () => {
    node = await nodeOf(version)
  })

  afterAll(() => node.remove())

  test('the binary is of the version that is meant', async () => {
    const { output } = await project.run(node.binary, ['--version'])
    expect(output.trim()).toBe(`v${version}`)
  })

  test('every entry of the installed package loads, from dist and without a word', async () => {
    const ended = await project.run(node.binary, ['--no-warnings=ExperimentalWarning', 'import-all.js'])
    expect(ended).toMatchObject({ code: 0, errors: '' })
    const found: Record<string, { names: number; from: string }> = JSON.parse(ended.output)
    expect(Object.keys(found)).toEqual(entries)
    for (const { from } of Object.values(found)) expect(from).toContain('/node_modules/skerry/dist/')
  })

  test("the README's example prints what the README says", async () => {
    const ended = await project.run(node.binary, [readme.main])
    expect(ended.output).toBe(readFileSync(join(root, readme.output), 'utf8'))
    expect(ended.code).toBe(0)
  })

  test('the command explains itself', async () => {
    const ended = await project.run(node.binary, ['node_modules/.bin/skerry', '--help'])
    expect(ended.code).toBe(0)
    for (const command of ['run', 'inspect', 'dlq', 'rebuild', 'doctor'])
      expect(ended.output).toContain(command)
  })
})

const strict = {
  target: 'ES2023',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node']
}

test("a user's strict compiler accepts the README's example and the types of every entry", async () => {
  const lines = entries.map(
    (name, index) => `import * as entry${index} from '${name}'\nexport { entry${index} }`
  )
  project.write('entries.ts', lines.join('\n'))
  project.write('tsconfig.json', JSON.stringify({ compilerOptions: strict, include: ['*.ts'] }))
  const listed = await project.run(process.execPath, ['node_modules/typescript/bin/tsc', '--listFiles'])
  const saw = listed.output.split('\n').filter((line) => line.includes('/node_modules/skerry/dist/'))
  expect(listed.output.replaceAll(/^\/.*$/gm, '').trim()).toBe('')
  expect(listed.code).toBe(0)
  expect(saw.length).toBeGreaterThanOrEqual(entries.length)
})

test('the source maps of the installed package lead to files that are there', () => {
  const installed = join(project.directory, 'node_modules', 'skerry')
  const map: { sources: string[] } = JSON.parse(readFileSync(join(installed, 'dist', 'index.js.map'), 'utf8'))
  expect(map.sources.length).toBeGreaterThan(0)
  for (const source of map.sources) expect(existsSync(join(installed, 'dist', source))).toBe(true)
})
