import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// As `skerry run` does it: old garbage is collected early, what was compiled once is not compiled again.
const flags = ['--heap-growing-percent=150']
const compileCache = process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'node-compile-cache')

/**
 * Runs a program of this directory in a process of its own, so that one measurement leaves neither warm code nor
 * garbage to the next, and gives the JSON of the last line it prints. Rejects when the program fails.
 */
export function inChild<Result>(program: URL, options: unknown): Promise<Result> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, ...flags, fileURLToPath(program), JSON.stringify(options)],
    {
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
      stdio: ['ignore', 'pipe', 'inherit']
    }
  )
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const last = text.trimEnd().split('\n').at(-1) ?? ''
      if (code === 0) resolve(JSON.parse(last) as Result)
      else reject(new Error(`${program.pathname} ended with ${signal ?? code}.`))
    })
  })
}

/** What `inChild` was given. */
export function childOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? '{}') as Options
}

/** What `inChild` is to resolve to. */
export function answer(result: unknown): void {
  console.log(JSON.stringify(result))
}
