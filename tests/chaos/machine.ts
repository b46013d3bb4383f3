import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { whyNoTracing } from '../system/strace.ts'

/** The first reason there is. */
export function firstOf(...reasons: readonly (() => string | undefined)[]): string | undefined {
  for (const reason of reasons) {
    const found = reason()
    if (found !== undefined) return found
  }
  return undefined
}

export const noRoot = (): string | undefined => (process.getuid?.() === 0 ? undefined : 'it needs to be root')

/** Whether a program is there; `parameters` must let it end at once. */
export const noProgram =
  (name: string, from: string, ...parameters: readonly string[]) =>
  (): string | undefined =>
    spawnSync(name, parameters, { timeout: 10_000 }).error === undefined
      ? undefined
      : `there is no ${name} (package ${from})`

/** Where a library is that is loaded before others; undefined when it is nowhere. */
export function libraryOf(file: string): string | undefined {
  return [
    `/usr/lib/x86_64-linux-gnu/${file}`,
    `/usr/lib/x86_64-linux-gnu/faketime/${file}`,
    `/usr/lib/aarch64-linux-gnu/${file}`,
    `/usr/lib/aarch64-linux-gnu/faketime/${file}`,
    `/usr/lib64/${file}`,
    `/usr/lib/${file}`
  ].find((path) => existsSync(path))
}

export const noLibrary = (file: string, from: string) => (): string | undefined =>
  libraryOf(file) === undefined ? `there is no ${file} (package ${from})` : undefined

let tracing: { readonly reason: string | undefined } | undefined

/** Whether processes can be traced; looked at once. */
export const noTracing = (): string | undefined => {
  tracing ??= { reason: whyNoTracing() }
  return tracing.reason
}

/** Whether a process has been stopped, and no call of it is under way. */
export function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('T') ?? false
}
