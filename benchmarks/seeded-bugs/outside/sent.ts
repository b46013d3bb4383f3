import type { CommandMessage } from 'skerry'
import type { SimulatedCommand } from 'skerry/simulator'

/** A command as a client sends it, at so many milliseconds from the beginning. */
export function sent({ service, type, key, data }: CommandMessage, atMs = 0): SimulatedCommand {
  return { service, type, key, data, atMs }
}

/** The numbers from 1 to `count`. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
