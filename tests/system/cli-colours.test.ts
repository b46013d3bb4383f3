import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { until } from './child.ts'
import { emptyDirectory, Program } from './skerry-process.ts'

const main = join(root, 'src/cli/main.ts')
const config = join(root, 'examples/guide/hire/skerry.config.ts')
const anyColour = '\u001b['

/** What a split run of three services says on standard error, which is a terminal or a pipe. */
async function saidBy(
  where: 'terminal' | 'pipe',
  env: Readonly<Record<string, string>> = {}
): Promise<string> {
  const cwd = emptyDirectory()
  const own = join(cwd, 'pid')
  // Standard output is no terminal here: that must not decide for the log, which goes to standard error.
  const run = `echo $$ >'${own}'; exec '${process.execPath}' '${main}' run --split --log --port 0 --config '${config}' >'${cwd}/out'`
  const surroundings = { cwd, env: { TERM: 'xterm-256color', ...env } }
  const program =
    where === 'terminal'
      ? new Program(
          'script',
          ['--quiet', '--return', '--command', run, join(cwd, 'typescript')],
          surroundings
        )
      : new Program('sh', ['-c', run], surroundings)
  await until('it runs', async () => /^stop /m.test(readIfThere(join(cwd, 'out'))), 60_000)
  process.kill(Number(readFileSync(own, 'utf8')), 'SIGTERM')
  const { output, errors } = await program.ended
  return where === 'terminal' ? output : errors
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

test('on a terminal each service has its name in a colour of its own before its lines, also where answers go to a file', async () => {
  const said = await saidBy('terminal')
  const coloured = [
    ['cyan', 'fleet   '],
    ['magenta', 'rides   '],
    ['yellow', 'payments']
  ] as const
  for (const [colour, name] of coloured)
    expect(said).toContain(`info  ${styleText(colour, name, { validateStream: false })} the system runs`)
})

test('on a terminal that wants no colours the names stand there without', async () => {
  const said = await saidBy('terminal', { NO_COLOR: '1' })
  for (const name of ['fleet   ', 'payments', 'rides   '])
    expect(said).toContain(`info  ${name} the system runs`)
  expect(said).not.toContain(anyColour)
})

test('in a pipe the name is a field, and there are no colours', async () => {
  const said = await saidBy('pipe')
  const lines = said.trim().split('\n')
  const named = lines.flatMap((line) => {
    const { process: name, msg } = JSON.parse(line) as { process?: string; msg: string }
    return name !== undefined && msg === 'the system runs' ? [name] : []
  })
  expect(named.toSorted()).toEqual(['fleet', 'payments', 'rides'])
  expect(said).not.toContain(anyColour)
})
