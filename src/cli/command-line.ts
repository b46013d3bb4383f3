import { parseArgs } from 'node:util'
import { Failure } from '../core/index.ts'
import type { OptionValues } from './call.ts'
import type { Command } from './command.ts'
import { commands, groups } from './commands.ts'
import { commandHelp, generalHelp, groupHelp } from './help.ts'
import { nearestName } from './nearest-name.ts'
import { shared } from './options.ts'

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'help'; readonly text: string; readonly exitCode: number }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'call'
      readonly command: Command
      readonly words: readonly string[]
      readonly options: OptionValues
    }

function helpWith(text: string, exitCode = 0): Request {
  return { kind: 'help', text, exitCode }
}

function misunderstood(hint: string, helpOf = ''): never {
  throw new Failure('USAGE_INVALID', { hint: `${hint} See 'skerry ${helpOf}--help'.` })
}

function unknown(what: string, typed: string, names: readonly string[], helpOf = ''): never {
  const name = nearestName(typed, names)
  misunderstood(
    `There is no ${what} '${typed}'${name === undefined ? '.' : `; did you mean '${name}'?`}`,
    helpOf
  )
}

type ParserOptions = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>

function parserOptions({ options }: Command): ParserOptions {
  const rules = Object.entries({ ...options, help: shared.help })
  return Object.fromEntries(
    rules.map(([name, rule]) => [name, { type: 'value' in rule ? 'string' : 'boolean' }])
  )
}

/** Options that the command does not have, as they were typed. */
function strangers(args: readonly string[], options: ParserOptions): readonly string[] {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true
  })
  return tokens.flatMap((token) =>
    token.kind === 'option' && !Object.hasOwn(options, token.name) ? [token.rawName] : []
  )
}

function callOf(command: Command, args: readonly string[]): Request {
  const options = parserOptions(command)
  const helpOf = `${command.name} `
  const [stranger] = strangers(args, options)
  if (stranger !== undefined)
    unknown(
      'option',
      stranger,
      Object.keys(options).map((name) => `--${name}`),
      helpOf
    )
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  } catch (thrown) {
    const [line = ''] = (thrown as Error).message.split('\n')
    misunderstood(line.replace(/[.]?$/, '.'), helpOf)
  }
  const { values, positionals } = parsed
  if (values['help'] === true) return helpWith(commandHelp(command))
  if (positionals.length < command.wordsLeast) misunderstood(`It takes ${command.words}.`, helpOf)
  if (positionals.length > command.wordsMost) {
    const beyond = positionals.slice(command.wordsMost).join(' ')
    misunderstood(`'${beyond}' is more than it takes${command.words ? `: ${command.words}` : ''}.`, helpOf)
  }
  return { kind: 'call', command, words: positionals, options: values as OptionValues }
}

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h' || word === 'help'

function inGroup(group: string, args: readonly string[]): Request {
  const [word, ...rest] = args
  if (word === undefined || isHelp(word)) return helpWith(groupHelp(group), word === undefined ? 2 : 0)
  const command = commands.find(({ name }) => name === `${group} ${word}`)
  if (command) return callOf(command, rest)
  const names = commands.flatMap(({ name }) =>
    name.startsWith(`${group} `) ? [name.slice(group.length + 1)] : []
  )
  return unknown(`${group} command`, word, names, `${group} `)
}

/** Reads a command line. Fails with `USAGE_INVALID`; the hint says what would be understood. */
export function readCommandLine(args: readonly string[]): Request {
  const [word, ...rest] = args
  if (word === undefined) return helpWith(generalHelp(), 2)
  if (word === '--version' || word === '-v') return { kind: 'version' }
  if (isHelp(word)) return rest.length === 0 ? helpWith(generalHelp()) : readCommandLine([...rest, '--help'])
  if (word.startsWith('-')) misunderstood(`Options such as '${word}' stand behind a command.`)
  if (groups.has(word)) return inGroup(word, rest)
  const command = commands.find(({ name }) => name === word)
  if (command) return callOf(command, rest)
  return unknown('command', word, [...commands.map(({ name }) => name.split(' ')[0] ?? ''), ...groups.keys()])
}
