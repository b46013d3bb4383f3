// Builds dist/ for publication: compiles the modules, then removes what an earlier build left of files that are gone.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, sourceFiles } from './source-files.ts'

const modules = sourceFiles('src/**/tsconfig.json').map((path) => join(root, path))
const compiler = join(root, 'node_modules', '.bin', 'tsc')
const { status } = spawnSync(compiler, ['-b', ...modules], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

const emitted = /^(?<name>.*?)(\.d\.ts|\.js)(\.map)?$/
for (const path of globSync('**/*', { cwd: join(root, 'dist') })) {
  const name = emitted.exec(path)?.groups?.name
  if (name === undefined || existsSync(join(root, 'src', `${name}.ts`))) continue
  rmSync(join(root, 'dist', path))
}
