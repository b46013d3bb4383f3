// Runs every checker of the repository and says of each what it looked at: `npm run check [-- name ...]`.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { executeInstalled, failureOf, type Step } from './check/step.ts'
import { steps } from './check/steps.ts'
import { closingLine, type TestReport } from './closing-line.ts'

/** The tests of which a checker consists; the rest of the tests are those of `npm test`. */
const tests = (name: string, files: readonly string[]): Step => ({
  name,
  run: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'skerry-check-'))
    try {
      const report = join(directory, 'report.json')
      const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`]
      const ended = await executeInstalled('vitest', ['run', ...reporters, ...files])
      const counted: TestReport = JSON.parse(readFileSync(report, 'utf8'))
      return { saw: closingLine({ ...counted, success: ended.code === 0 }), problems: failureOf(ended) }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
})

const all: readonly Step[] = [
  ...steps,
  tests('house', [
    'tests/tidy.test.ts',
    'tests/docs.test.ts',
    'tests/api-report.test.ts',
    'tests/closing-line.test.ts',
    'tests/compiled.test.ts'
  ]),
  tests('packaging', ['tests/packaging/installed.test.ts'])
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !all.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(
    `no checker is named ${unknown.join(', ')}: there are ${all.map((step) => step.name).join(', ')}`
  )
  process.exit(2)
}

let failed = 0
for (const step of all.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const startedMs = performance.now()
  const { saw, problems } = await step
    .run()
    .catch((error: unknown) => ({ saw: 'nothing', problems: [String(error)] }))
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(
    `${problems.length === 0 ? 'ok  ' : 'FAIL'}  ${step.name.padEnd(10)} ${seconds.padStart(5)} s  ${saw}`
  )
  for (const problem of problems) console.log(problem.replace(/^/gm, '      '))
  if (problems.length > 0) failed += 1
}
process.exitCode = failed === 0 ? 0 : 1
