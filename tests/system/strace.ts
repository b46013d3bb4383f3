import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** System calls by which a process changes files, or tells somebody something. */
export const writeCalls = 'pwrite64,pwritev,write,writev,fsync,fdatasync,ftruncate,fallocate,unlink,rename'

/** Why processes cannot be traced on this machine; undefined when they can. */
export function whyNoTracing(): string | undefined {
  const tried = spawnSync(
    'strace',
    ['-f', '-o', '/dev/null', '-e', 'inject=write:signal=KILL:when=1', 'echo'],
    { timeout: 10_000 }
  )
  if (tried.error) return `strace cannot be run: ${tried.error.message}`
  // It ends by the signal that it was to inject.
  return tried.signal === 'SIGKILL' || tried.status === 137
    ? undefined
    : 'strace does not inject signals here'
}

/** A tracer that is attached to a running process. */
export interface Tracer {
  /** Resolves when the tracer has ended, which it does with the process that it traces. */
  readonly ended: Promise<void>
  /** The calls that it has seen, once it has ended. */
  calls(): readonly string[]
}

/** Attaches strace to every thread of a process; resolves when it is attached. */
export function trace(
  pid: number,
  calls: string,
  inject: string | undefined,
  logFile: string
): Promise<Tracer> {
  const faults = inject === undefined ? [] : ['-e', `inject=${inject}`]
  const child: ChildProcess = spawn(
    'strace',
    ['-f', '-o', logFile, '-e', `trace=${calls}`, ...faults, '-p', String(pid)],
    {
      stdio: ['ignore', 'ignore', 'pipe']
    }
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const seen = (): readonly string[] =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => /^\d+ +\w+\(/.test(line))
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString()
      if (said.includes('attached')) resolve({ ended, calls: seen })
    })
    void ended.then(() => reject(new Error(`strace has not attached: ${said}`)))
  })
}
