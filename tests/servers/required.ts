/** Servers and languages that tests use when they are there. */
type ServerName = 'postgres' | 'nats' | 'kafka' | 'python'

const told = new Set<ServerName>()

/**
 * Whether the tests of a server can run; `missing` says what is not there and how to install it. When something is
 * missing it is printed once and the tests are skipped, unless the environment variable SKERRY_REQUIRE names the
 * server: then this throws.
 */
export function available(name: ServerName, missing: string | undefined): boolean {
  if (missing === undefined) return true
  const required = (process.env['SKERRY_REQUIRE'] ?? '').split(',').map((each) => each.trim())
  if (required.includes(name)) throw new Error(`SKERRY_REQUIRE asks for ${name}. ${missing}`)
  if (!told.has(name)) console.warn(`\nSKIPPED: the tests with ${name}. ${missing}\n`)
  told.add(name)
  return false
}
