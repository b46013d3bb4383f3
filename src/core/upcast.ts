import { fail } from './failure.ts'
import type { Upcaster } from './message.ts'

/** The parts of a message type that say how old data becomes new. */
interface Versioned {
  readonly type: string
  readonly version: number
  readonly upcasters: Readonly<Record<number, Upcaster>>
}

/**
 * The data as the current version has it: each upcaster in turn from the version it was written with. Applied on
 * every read path. Fails with `MESSAGE_NEWER` when it was written by a later version than this service knows.
 */
export function upcast(type: Versioned, version: number, data: unknown): unknown {
  if (version === type.version) return data
  if (version > type.version)
    return fail('MESSAGE_NEWER', {
      type: type.type,
      version,
      known: type.version,
      hint: `${type.type} version ${version}; known up to ${type.version}.`
    })
  let current = data
  for (let at = version; at < type.version; at++)
    current = (type.upcasters[at] as (data: unknown) => unknown)(current)
  return current
}
