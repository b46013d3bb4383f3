import type { Command } from './command.ts'
import { commands, groups } from './commands.ts'
import { shared } from './options.ts'
import { table } from './table.ts'

const exits: readonly (readonly string[])[] = [
  ['0', 'done; nothing is wrong'],
  ['1', 'it failed, or something is wrong'],
  ['2', 'the command was not understood; nothing was done']
]

const environment: readonly (readonly string[])[] = [
  ['PORT', 'where run listens, when --port is not given'],
  ['SKERRY_DATA', 'the directory of the data, when --data is not given'],
  ['SKERRY_PROFILE', 'the profile of the config, when --profile is not given'],
  ['SKERRY_URLS', 'where other services run: sales=http://127.0.0.1:4001,billing=...'],
  ['SKERRY_ADVERTISE', 'how others reach this run, when --advertise is not given'],
  ['NO_COLOR', 'no colours, when it is set']
]

const width = 100

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', title, ...table(rows, width).map((line) => `  ${line}`)]
}

/** What `skerry --help` says. */
export function generalHelp(): string {
  const single = commands.filter(({ name }) => !name.includes(' '))
  const listed = [...single.map(({ name, summary }) => [name, summary]), ...groups]
  const order = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))]
  listed.sort(([left = ''], [right = '']) => order.indexOf(left) - order.indexOf(right))
  return [
    'usage: skerry COMMAND [OPTIONS]',
    ...section('commands', listed),
    ...section('options', [
      ['--help', 'show this help; behind a command, the help of that command with examples'],
      ['--version', 'show the version']
    ]),
    ...section('environment', environment),
    ...section('exit codes', exits)
  ].join('\n')
}

/** What `skerry dlq --help` says. */
export function groupHelp(group: string): string {
  const members = commands.filter(({ name }) => name.startsWith(`${group} `))
  return [
    `usage: skerry ${group} COMMAND [OPTIONS]`,
    ...section(
      'commands',
      members.map(({ name, words, summary }) => [`${name.slice(group.length + 1)} ${words}`, summary])
    ),
    ...section('options', [['--help', 'behind a command: its options, with examples']]),
    ...section('exit codes', exits)
  ].join('\n')
}

/** What the help of one command says. */
export function commandHelp({ name, words, summary, notes, options, examples }: Command): string {
  const all = Object.entries({ ...options, help: shared.help })
  return [
    ['usage: skerry', name, words, '[OPTIONS]'].filter((part) => part !== '').join(' '),
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...notes,
    ...section(
      'options',
      all.map(([option, { value, text }]) => [value ? `--${option} ${value}` : `--${option}`, text])
    ),
    ...section(
      'examples',
      examples.map(({ line, text }) => [line, text])
    ),
    ...section('exit codes', exits)
  ].join('\n')
}
