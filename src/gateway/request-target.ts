import { Failure } from '../core/index.ts'

const absolute = /^https?:\/\/([^/?#]*)/i
const health = /^\/health(?:[/?]|$)/

/** The target of a request as a path, also where a client wrote the whole address as it does for a proxy. */
export function pathOfTarget(target: string): string {
  const path = target.replace(absolute, '')
  return path === target || path.startsWith('/') ? path : `/${path}`
}

/** What is wrong with a target that names another host than the `Host` that is judged by, or none of its addresses. */
export function targetProblem(target: string, method: string, host: string | undefined): Failure | undefined {
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) return undefined
  const named = absolute.exec(target)?.[1]
  if (named !== undefined && named.toLowerCase() === host?.toLowerCase()) return undefined
  return new Failure('REQUEST_INVALID', { hint: 'The address of a request is a path, or is on its Host.' })
}

/** Whether a path is one of the health, which is told to whoever asks for it. */
export function isHealth(path: string): boolean {
  return health.test(path)
}
