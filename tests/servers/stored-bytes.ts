import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** How long all files below a directory are, in bytes. */
export function storedBytes(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
  return files
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}
