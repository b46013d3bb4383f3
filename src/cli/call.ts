import { Failure } from '../core/index.ts'
import type { Terminal } from './terminal.ts'

/** The values of options as they were typed. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>

/** A whole number in words of the user; `undefined` when there is none. Fails with `USAGE_INVALID`. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number
): number | undefined {
  if (text === undefined) return undefined
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw new Failure('USAGE_INVALID', {
    hint: `${name} is '${text}', but it takes a whole number from ${least} to ${most}.`
  })
}

/** A command as it was called. */
export class Call {
  /** What stood behind the name of the command. */
  readonly words: readonly string[]
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly #options: OptionValues
  readonly #endings: (() => Promise<void>)[] = []

  constructor(
    words: readonly string[],
    options: OptionValues,
    terminal: Terminal,
    env: Readonly<Record<string, string | undefined>>
  ) {
    this.words = words
    this.terminal = terminal
    this.env = env
    this.#options = options
  }

  /** Whether one JSON document is wanted in place of lines for people. */
  get json(): boolean {
    return this.flag('json')
  }

  flag(name: string): boolean {
    return this.#options[name] === true
  }

  text(name: string): string | undefined {
    const value = this.#options[name]
    return typeof value === 'string' ? value : undefined
  }

  /** Fails with `USAGE_INVALID` when the value is no whole number within the bounds. */
  number(name: string, least: number, most: number): number | undefined {
    return wholeNumber(`--${name}`, this.text(name), least, most)
  }

  /** The option, or else the environment variable; one that is empty counts as missing. */
  setting(name: string, variable: string): { readonly value: string; readonly from: string } | undefined {
    const option = this.text(name)
    if (option !== undefined) return { value: option, from: `--${name}` }
    const value = this.env[variable]
    return value === undefined || value === '' ? undefined : { value, from: variable }
  }

  /** Has something that was opened for the command closed when the command has ended, however it ended. */
  onEnd(close: () => Promise<void>): void {
    this.#endings.push(close)
  }

  /** Closes what was opened for the command, the latest first. */
  async end(): Promise<void> {
    for (let close = this.#endings.pop(); close; close = this.#endings.pop()) await close()
  }
}
