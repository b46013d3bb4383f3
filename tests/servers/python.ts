import { spawnSync } from 'node:child_process'

// What the examples use of the language and of the SQLite that comes with it.
const check =
  'import sys, sqlite3; sys.exit(sys.version_info < (3, 10) or sqlite3.sqlite_version_info < (3, 35))'

/** What is missing for the examples in Python to run; undefined when nothing is. */
export function pythonMissing(): string | undefined {
  return spawnSync('python3', ['-c', check], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'There is no python3 of version 3.10 or later with sqlite3 on the PATH: apt-get install python3.'
}
