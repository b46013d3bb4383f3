import { globSync } from 'node:fs'
import { join } from 'node:path'

/** The directory of the repository, without a trailing slash. */
export const root = join(import.meta.dirname, '..')

const notOurs = new Set(['node_modules', 'dist', 'coverage', '.git', '.data'])

/** The files of the repository that match, as sorted paths from the root; nothing installed, built or produced by a run. */
export const sourceFiles = (pattern: string, from = root): string[] =>
  globSync(pattern, {
    cwd: from,
    exclude: (path) => path.split('/').some((part) => notOurs.has(part))
  }).sort()
