import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { packed } from '../../scripts/check/package.ts'
import { execute } from '../../scripts/check/step.ts'
import { root } from '../../scripts/source-files.ts'
import { played } from '../system/session.ts'

/** What a reader of the guide types into the project. */
const files = [
  'examples/guide/first/contract.ts',
  'examples/guide/first/bike.ts',
  'examples/guide/first/bikes.ts',
  'examples/guide/first/skerry.config.ts',
  'examples/guide/first/bike.test.ts',
  'examples/guide/first/tsconfig.json'
]
const installing = 'examples/guide/first/install.sh'
const recorded = 'examples/guide/sessions/first.txt'

test('whoever follows the guide from an empty directory sees what it says', async () => {
  const above = mkdtempSync(join(tmpdir(), 'skerry-first-'))
  onTestFinished(() => rmSync(above, { recursive: true, force: true }))
  const { tarball } = await packed()
  copyFileSync(tarball, join(above, 'skerry-0.1.0.tgz'))
  const installed = await execute('sh', ['-e', join(root, installing)], { cwd: above, timeoutMs: 240_000 })
  expect(installed, installed.errors).toMatchObject({ code: 0 })

  const directory = join(above, 'hire')
  for (const file of files) cpSync(join(root, file), join(directory, file.split('/').at(-1) ?? ''))
  const bin = join(above, 'bin')
  mkdirSync(bin)
  const session = await played(readFileSync(join(root, recorded), 'utf8'), { directory, bin })
  await expect(session).toMatchFileSnapshot(join(root, recorded))
})
