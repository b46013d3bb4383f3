import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packed } from '../../scripts/check/package.ts'
import { type Ended, execute } from '../../scripts/check/step.ts'
import { root } from '../../scripts/source-files.ts'

/** A project of a user, in a directory of its own: nothing of the repository is near it but the packed tarball. */
export interface Project {
  readonly directory: string
  /** Copies a directory of the repository into the project. */
  readonly copy: (from: string) => void
  /** Writes one file. */
  readonly write: (path: string, text: string) => void
  /** Runs a program to its end, in the directory of the project. */
  readonly run: (command: string, args: readonly string[]) => Promise<Ended>
  readonly remove: () => void
}

const manifest: {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The version of a package that the repository itself uses. */
export const pinned = (name: string): string => {
  const version = manifest.dependencies[name] ?? manifest.devDependencies[name]
  if (version === undefined) throw new Error(`${name} is not a dependency of the repository`)
  return version
}

const install = async (directory: string, packages: readonly string[]): Promise<void> => {
  const args = ['install', '--save-exact', '--prefer-offline', '--no-audit', '--no-fund', ...packages]
  const ended = await execute('npm', args, { cwd: directory })
  if (ended.code !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${ended.output}${ended.errors}`)
}

const emptyDirectory = (name: string): string => {
  const directory = mkdtempSync(join(tmpdir(), `skerry-${name}-`))
  // `node` brings its binary by a script of its own: the only one that may run.
  const start = { name, private: true, type: 'module', allowScripts: { node: true } }
  writeFileSync(join(directory, 'package.json'), JSON.stringify(start))
  return directory
}

/** An empty project with the packed package installed, and with these packages in the versions that we use. */
export const projectWith = async (packages: readonly string[]): Promise<Project> => {
  const directory = emptyDirectory('user')
  const { tarball } = await packed()
  await install(directory, [tarball, ...packages.map((name) => `${name}@${pinned(name)}`)])
  return {
    directory,
    copy: (from) => cpSync(join(root, from), directory, { recursive: true }),
    write: (path, text) => {
      mkdirSync(join(directory, path, '..'), { recursive: true })
      writeFileSync(join(directory, path), text)
    },
    run: (command, args) => execute(command, args, { cwd: directory, timeoutMs: 60_000 }),
    remove: () => rmSync(directory, { recursive: true, force: true })
  }
}

/** Where the binary of a Node of this version lies, taken from the npm package `node`, and how to remove it. */
export const nodeOf = async (
  version: string
): Promise<{ readonly binary: string; readonly remove: () => void }> => {
  const directory = emptyDirectory('node')
  await install(directory, [`node@${version}`])
  return {
    binary: join(directory, 'node_modules', 'node', 'bin', 'node'),
    remove: () => rmSync(directory, { recursive: true, force: true })
  }
}
