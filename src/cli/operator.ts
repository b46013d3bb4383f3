import { userInfo } from 'node:os'
import { Failure } from '../core/index.ts'
import type { Call } from './call.ts'

function accountName(): string {
  try {
    return userInfo().username
  } catch {
    // Containers run under numbers that no account belongs to.
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}

/** Who does something, as the audit will name them: printable ASCII, since it travels in a header. */
export function operator(call: Call): string {
  const name = call.text('by')
  if (name === undefined)
    return (
      accountName()
        .replaceAll(/[^\x20-\x7e]/g, '?')
        .slice(0, 100) || 'unknown'
    )
  if (/^[\x21-\x7e]([\x20-\x7e]{0,98}[\x21-\x7e])?$/.test(name)) return name
  throw new Failure('USAGE_INVALID', { hint: '--by takes 1 to 100 printable ASCII characters.' })
}
