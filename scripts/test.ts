// Runs all tests and ends with why some were skipped, and one plain line, `N passed, N failed, N skipped`. Arguments go to
// the runner as they are.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closingLine, skipLines, type TestReport } from './closing-line.ts'
import { root } from './source-files.ts'

const directory = mkdtempSync(join(tmpdir(), 'skerry-tests-'))
const report = join(directory, 'report.json')
const skips = join(directory, 'skips.txt')
writeFileSync(skips, '')
const runner = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const { status } = spawnSync(process.execPath, [runner, 'run', ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, SKERRY_SKIPS: skips }
})
try {
  const counted: TestReport = JSON.parse(readFileSync(report, 'utf8'))
  for (const line of skipLines(readFileSync(skips, 'utf8'))) console.log(line)
  console.log(closingLine({ ...counted, success: status === 0 }))
} catch (error) {
  console.error(`the runner left no report: ${error instanceof Error ? error.message : error}`)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
// A signal leaves no status: that run has failed too.
if (status !== 0) process.exitCode = status ?? 1
