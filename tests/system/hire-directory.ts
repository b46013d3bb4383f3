import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { freePort } from './child.ts'

/** A directory of somebody who has bike hire, with these configs of it, each under a name of its own. */
export function hireDirectory(configs: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-splitting-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, path] of Object.entries(configs))
    writeFileSync(join(directory, name), `export { default } from ${JSON.stringify(join(root, path))}\n`)
  return directory
}

/** In the order in which addresses are told. */
export async function twoPorts(): Promise<readonly number[]> {
  return [await freePort(), await freePort()].toSorted((one, other) => one - other)
}
