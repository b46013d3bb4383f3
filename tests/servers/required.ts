import { appendFileSync } from 'node:fs'

/** Servers, languages and data that tests use when they are there. */
type Needed = 'postgres' | 'nats' | 'kafka' | 'python' | 'retail-data'

const told = new Set<string>()

/**
 * Prints once which tests are skipped and why. `npm test` prints it again before its closing line: it names the file
 * for that in the environment variable SKERRY_SKIPS.
 */
export function tellSkipped(which: string, why: string): void {
  const line = `SKIPPED: ${which}. ${why}`.replaceAll(/\s+/g, ' ')
  if (told.has(line)) return
  told.add(line)
  console.warn(`\n${line}\n`)
  const file = process.env['SKERRY_SKIPS']
  if (file !== undefined) appendFileSync(file, `${line}\n`)
}

/**
 * Whether tests with something can run; `missing` says what is not there and how to get it. When something is missing
 * that is told and the tests are skipped, unless the environment variable SKERRY_REQUIRE names it: then this throws.
 */
export function available(name: Needed, missing: string | undefined): boolean {
  if (missing === undefined) return true
  const required = (process.env['SKERRY_REQUIRE'] ?? '').split(',').map((each) => each.trim())
  if (required.includes(name)) throw new Error(`SKERRY_REQUIRE asks for ${name}. ${missing}`)
  tellSkipped(`the tests with ${name}`, missing)
  return false
}
