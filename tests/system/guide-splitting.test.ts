import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { hireDirectory, twoPorts } from './hire-directory.ts'
import { played } from './session.ts'

const apart = 'examples/guide/sessions/apart.txt'

test(`${apart}: from one process to processes that are started apart`, async () => {
  const directory = hireDirectory({ 'skerry.config.ts': 'examples/guide/hire/skerry.config.ts' })
  const file = join(root, apart)
  const session = await played(readFileSync(file, 'utf8'), {
    directory,
    bin: join(directory, 'bin'),
    fromSource: true,
    ports: await twoPorts()
  })
  await expect(session).toMatchFileSnapshot(file)
})
