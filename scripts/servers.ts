// Starts throwaway servers for the shop, says what finds them, and stops and removes them when it is asked to end:
// `npm run servers -- [postgres] [nats|nats3] [kafka|kafka3]`. Ends with 2 when that is not understood, and with 1
// when something is missing.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type RunningServers,
  type ServerKind,
  serverKinds,
  throwawayServers
} from '../tests/servers/throwaway-servers.ts'

const byDefault = ['postgres', 'nats']

/** What of the words cannot be meant. */
function mistakes(words: readonly string[]): readonly string[] {
  const unknown = words.filter((word) => !serverKinds.has(word)).map((word) => `There is no '${word}'.`)
  const variables = words.flatMap((word) => serverKinds.get(word)?.variable ?? [])
  const twice = words.filter((_, index) => variables.indexOf(variables[index] ?? '') !== index)
  if (unknown.length > 0 || twice.length === 0) return unknown
  return [`The shop uses one kind of each: '${twice.join("', '")}' is one too many.`]
}

function usage(): string {
  const kinds = [...serverKinds].map(([word, { text }]) => `  ${word.padEnd(9)} ${text}`)
  return [
    'usage: npm run servers -- [postgres] [nats|nats3] [kafka|kafka3]',
    ...kinds,
    `Without a word: ${byDefault.join(' and ')}.`
  ].join('\n')
}

/** Resolves when the process is asked to end. Asked again, it goes on clearing up: that is over soon. */
function askedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
}

/** How the shop is started on these, in the shapes that use most of them. */
function startLines(names: readonly string[]): readonly string[] {
  if (!names.includes('DATABASE_URL')) return []
  const brokers = [
    ...(names.includes('NATS_URL') ? ['nats'] : []),
    ...(names.includes('KAFKA_BROKERS') ? ['kafka'] : [])
  ]
  const profiles = brokers.length > 0 ? brokers : ['postgres']
  const several = brokers.includes('nats') ? ['npm start -- --split --profile many'] : []
  return [...profiles.map((profile) => `npm start -- --profile ${profile}`), ...several]
}

function tell(running: readonly RunningServers[]): void {
  const names = running.map(({ variable: [name] }) => name)
  const lines = [
    ...running.flatMap((each) => each.lines),
    '',
    'In another terminal:',
    '',
    ...running.map(({ variable: [name, value] }) => `export ${name}=${value}`),
    ...startLines(names),
    '',
    'Ctrl-C stops them and removes all that they have stored.'
  ]
  console.log(lines.join('\n'))
}

async function run(kinds: readonly ServerKind[]): Promise<void> {
  const asked = askedToEnd()
  // Also when all servers have ended by themselves: what they stored is removed when somebody says so.
  const alive = setInterval(() => undefined, 60_000)
  const directory = mkdtempSync(join(tmpdir(), 'skerry-servers-'))
  // PostgreSQL runs as another user where this is root, and must get through to its own.
  chmodSync(directory, 0o711)
  // All that the servers put into throwaway directories goes with this one, however their start ended.
  process.env['TMPDIR'] = directory
  try {
    const running = await throwawayServers(kinds)
    tell(running)
    await asked
    await Promise.all(running.map((each) => each.remove()))
  } finally {
    clearInterval(alive)
    rmSync(directory, { recursive: true, force: true })
  }
}

async function main(given: readonly string[]): Promise<number> {
  const words = given.length === 0 ? byDefault : [...new Set(given)]
  const wrong = mistakes(words)
  if (wrong.length > 0) {
    console.error([...wrong, usage()].join('\n'))
    return 2
  }
  const kinds = words.flatMap((word) => serverKinds.get(word) ?? [])
  const missing = kinds.flatMap((kind) => kind.missing() ?? [])
  for (const sentence of missing) console.error(sentence)
  if (missing.length > 0) return 1
  try {
    await run(kinds)
    return 0
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
