import { readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { isProgram } from './programs.ts'

const debian = '/usr/lib/postgresql'

function versions(): readonly string[] {
  try {
    return readdirSync(debian)
      .sort((left, right) => Number(right) - Number(left))
      .map((version) => join(debian, version, 'bin'))
  } catch {
    return []
  }
}

/** The directory with the programs of a PostgreSQL server: one on the path, or the newest that Debian installed. */
export function postgresBinaries(): string | undefined {
  const directories = [...versions(), ...(process.env['PATH'] ?? '').split(delimiter)]
  return directories.find((each) => isProgram(join(each, 'postgres')) && isProgram(join(each, 'initdb')))
}

/** What is missing for a server, in a sentence. */
export function postgresMissing(): string | undefined {
  if (postgresBinaries()) return undefined
  return 'There are no programs postgres and initdb: apt-get install postgresql, or put its bin directory on the PATH.'
}

/** Whom the server runs as: PostgreSQL refuses to run as root. */
export function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (!user) throw new Error('There is no user postgres or nobody to run a server as.')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}
