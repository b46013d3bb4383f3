import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, sourceFiles } from '../scripts/source-files.ts'

interface Locked {
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

type Packages = Readonly<Record<string, Locked>>

/** What is compared with in a benchmark is installed apart. */
const locks: readonly (readonly [path: string, packages: Packages])[] = [
  'package-lock.json',
  'benchmarks/peers/package-lock.json'
].map((path) => [
  path,
  (JSON.parse(readFileSync(join(root, path), 'utf8')) as { packages: Packages }).packages
])

test.each(locks)('%s names every package that an install needs, for every platform', (_, packages) => {
  const installed = new Set(
    Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/')))
  )
  expect(installed.size).toBeGreaterThan(100)
  const missing = Object.entries(packages).flatMap(([path, locked]) =>
    Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })
      .filter((name) => !installed.has(`node_modules/${name}`))
      .map(
        (name) =>
          `${path} needs ${name}: a registry that lacks it makes npm leave it out, and npm ci then fails`
      )
  )
  expect(missing).toEqual([])
})

test.each(locks)('%s names no registry, so that an install uses the one that is set up', (_, packages) => {
  const named = Object.values(packages).filter(({ resolved }) => resolved?.includes('://'))
  expect(named).toEqual([])
})

test('every dependency is pinned to one version', () => {
  const manifests = sourceFiles('**/package.json')
  expect(manifests).toContain('package.json')
  const loose = manifests.flatMap((path) => {
    const manifest: Record<string, Record<string, string> | undefined> = JSON.parse(
      readFileSync(join(root, path), 'utf8')
    )
    const all = { ...manifest.dependencies, ...manifest.devDependencies }
    return Object.entries(all)
      .filter(([, version]) => !/^\d+\.\d+\.\d+$|^file:/.test(version))
      .map(([name, version]) => `${path}: ${name} ${version}`)
  })
  expect(loose).toEqual([])
})
