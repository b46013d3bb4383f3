import { readFileSync } from 'node:fs'

/** The state of a process, such as `T` for one that is stopped; undefined when there is none. */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0]
  } catch {
    return undefined
  }
}

/** There is no such process, or nobody but its parent knows of it. */
export const isGone = (pid: number): boolean => [undefined, 'Z', 'X'].includes(stateOf(pid))

/** It is stopped where it was, and may go on. */
export const standsStill = (pid: number): boolean => stateOf(pid) === 'T'
