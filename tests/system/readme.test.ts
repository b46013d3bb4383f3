import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { emptyDirectory, Program } from './skerry-process.ts'

const main = join(root, 'examples/readme/main.ts')

test("the README's session prints what the README says", async () => {
  const { code, output, errors } = await new Program(process.execPath, [main], { cwd: emptyDirectory() })
    .ended
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  await expect(output).toMatchFileSnapshot('../../examples/readme/output.txt')
})

test("the README's service is complete in 40 lines", () => {
  const lines = readFileSync(join(root, 'examples/readme/skerry.config.ts'), 'utf8').trimEnd().split('\n')
  expect(lines.length).toBeGreaterThan(20)
  expect(lines.length).toBeLessThanOrEqual(40)
})
