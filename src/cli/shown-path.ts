import { isAbsolute, relative } from 'node:path'

/** A path as people read it: from the working directory where it is below it, else as it is. */
export function shownPath(path: string, directory: string = process.cwd()): string {
  const below = relative(directory, path)
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below
}
