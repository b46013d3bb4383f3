// Runs every checker of the repository and says of each what it looked at: `npm run check [-- name ...]`.
import { api } from './check/api.ts'
import { compile } from './check/compile.ts'
import { biome, deadCode, eslint } from './check/lint.ts'
import { contents, lint, types } from './check/package.ts'
import type { Step } from './check/step.ts'

const steps: readonly Step[] = [biome, compile, eslint, deadCode, api, contents, lint, types]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(
    `no checker is named ${unknown.join(', ')}: there are ${steps.map((step) => step.name).join(', ')}`
  )
  process.exit(2)
}

let failed = 0
for (const step of steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
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
