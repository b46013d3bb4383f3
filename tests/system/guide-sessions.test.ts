import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { played } from './session.ts'

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-session-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Sessions with the services of bike hire, by the file that has what was typed and printed. */
const hire = [
  'examples/guide/sessions/ride.txt',
  'examples/guide/sessions/dead-letter.txt',
  'examples/guide/sessions/once.txt',
  'examples/guide/sessions/new-service.txt'
]

test.each(hire)('%s: whoever types it sees what it says', async (path) => {
  const directory = emptyDirectory()
  for (const config of ['examples/guide/hire/skerry.config.ts', 'examples/guide/hire/workshop.config.ts']) {
    const origin = JSON.stringify(join(root, config))
    writeFileSync(join(directory, basename(config)), `export { default } from ${origin}\n`)
  }
  const file = join(root, path)
  const session = await played(readFileSync(file, 'utf8'), {
    directory,
    bin: join(directory, 'bin'),
    fromSource: true
  })
  await expect(session).toMatchFileSnapshot(file)
})

const retail = 'examples/guide/sessions/retail.txt'

test(`${retail}: the shop, from its start to an imported week`, async () => {
  const temporary = emptyDirectory()
  const file = join(root, retail)
  const session = await played(readFileSync(file, 'utf8'), {
    directory: root,
    bin: join(temporary, 'bin'),
    temporary,
    env: { SKERRY_DATA: join(temporary, '.data') }
  })
  await expect(session.replaceAll('/tmp/.data', '.data')).toMatchFileSnapshot(file)
})

test('what the README types in the shop is what is played', () => {
  const typed = readFileSync(join(root, 'examples/readme/shop.sh'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('np') && line !== 'npm ci')
  const session = readFileSync(join(root, retail), 'utf8')
  expect(typed).toHaveLength(3)
  for (const line of typed) expect(session).toContain(`$ ${line}`)
})
