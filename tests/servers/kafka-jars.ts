import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Names the jars of the server, and describes them to Maven. */
export const kafkaPom: string = fileURLToPath(new URL('kafka/pom.xml', import.meta.url))

const sums = fileURLToPath(new URL('kafka/jars.sha256', import.meta.url))

/** Where the jars are kept for all checkouts of this user: they are named after what is in them. */
export function kafkaJars(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const version = createHash('sha256').update(readFileSync(sums)).digest('hex').slice(0, 12)
  return join(cache, 'skerry', `kafka-${version}`)
}

/** Whether they have been fetched: a directory is put there only when all that is in it has been checked. */
export function kafkaJarsFetched(): boolean {
  return existsSync(kafkaJars())
}

/** What is wrong with the jars in a directory, compared with the checksums in the repository; nothing when all is well. */
export function wrongJars(directory: string): readonly string[] {
  const wanted = new Map<string, string>()
  for (const line of readFileSync(sums, 'utf8').split('\n')) {
    const [sum, name] = line.split('  ')
    if (sum && name) wanted.set(name, sum)
  }
  const found = readdirSync(directory)
  const sumOf = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(directory, name)))
      .digest('hex')
  return [
    ...[...wanted.keys()].filter((name) => !found.includes(name)).map((name) => `${name} is missing`),
    ...found.filter((name) => !wanted.has(name)).map((name) => `${name} was not asked for`),
    ...found
      .filter((name) => wanted.has(name) && sumOf(name) !== wanted.get(name))
      .map((name) => `${name} is not what it should be`)
  ]
}
