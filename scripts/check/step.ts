import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../source-files.ts'

/** What a checker found. `saw` counts what it looked at, `problems` is empty when all is well. */
export interface Finding {
  readonly saw: string
  readonly problems: readonly string[]
}

/** One checker of the repository. */
export interface Step {
  readonly name: string
  readonly run: () => Promise<Finding>
}

/** How a command ended. */
export interface Ended {
  readonly code: number
  readonly output: string
  readonly errors: string
}

// A check must not depend on the colours of the terminal, nor on the condition that makes the repository run from source.
const environment = (): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: _, FORCE_COLOR: __, ...rest } = process.env
  return { ...rest, NO_COLOR: '1' }
}

/** Runs a command to its end and gives its output; a command that cannot start, or takes longer, rejects. */
export const execute = (
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly timeoutMs?: number; readonly env?: NodeJS.ProcessEnv } = {}
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...environment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 300_000,
      killSignal: 'SIGKILL'
    })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === null)
        reject(new Error(`${command} ${args.join(' ')} was ended by ${signal}:\n${output}${errors}`))
      else resolve({ code, output, errors })
    })
  })

/** Runs a program that the repository has installed. */
export const executeInstalled = (name: string, args: readonly string[]): Promise<Ended> =>
  execute(join(root, 'node_modules', '.bin', name), args)

/** The one problem of a command that failed: what it printed. */
export const failureOf = (ended: Ended): string[] =>
  ended.code === 0 ? [] : [`exit code ${ended.code}\n${ended.output}${ended.errors}`.trim()]

/** A checker that looked at fewer things than there are proves nothing. */
export const sawTooFew = (saw: number, least: number, what: string): string[] =>
  saw >= least && saw > 0 ? [] : [`looked at ${saw} ${what}, but there are ${least}`]
