import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { packed } from '../../scripts/check/package.ts'
import { execute } from '../../scripts/check/step.ts'
import { root } from '../../scripts/source-files.ts'
import { played } from '../system/session.ts'

/** What a reader types into the project before the first run. */
const files = [
  'examples/guide/bad-days/fleet.ts',
  'examples/guide/bad-days/repairs.ts',
  'examples/guide/bad-days/board.ts',
  'examples/guide/bad-days/skerry.config.ts',
  'examples/guide/first/tsconfig.json'
]
/** What the session brings in later. */
const later = [
  'examples/guide/bad-days/board-mended.ts',
  'examples/guide/bad-days/parts.ts',
  'examples/guide/bad-days/parts-mended.ts',
  'examples/guide/bad-days/simulation.ts'
]
const installing = 'examples/guide/first/install.sh'
const recorded = 'examples/guide/sessions/bad-days.txt'

const nameOf = (file: string): string => file.split('/').at(-1) ?? ''

test('whoever simulates the system of the guide finds the bugs that it says', async () => {
  const above = mkdtempSync(join(tmpdir(), 'skerry-bad-days-'))
  onTestFinished(() => rmSync(above, { recursive: true, force: true }))
  const { tarball } = await packed()
  copyFileSync(tarball, join(above, 'skerry-0.1.0.tgz'))
  const installed = await execute('sh', ['-e', join(root, installing)], { cwd: above, timeoutMs: 240_000 })
  expect(installed, installed.errors).toMatchObject({ code: 0 })

  const directory = join(above, 'hire')
  for (const file of files) cpSync(join(root, file), join(directory, nameOf(file)))
  for (const file of later) cpSync(join(root, file), join(above, 'guide', nameOf(file)))
  const bin = join(above, 'bin')
  mkdirSync(bin)
  const session = await played(readFileSync(join(root, recorded), 'utf8'), { directory, bin })
  await expect(session).toMatchFileSnapshot(join(root, recorded))
})
