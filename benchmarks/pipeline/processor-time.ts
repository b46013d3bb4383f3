import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks of `/proc`, in microseconds. */
const tickUs = 10_000

/** Processor time of a process and of those that it has started, also of those that have ended, in microseconds. */
export function cpuUsOf(pid: number): number {
  const statOf = (one: string): readonly string[] => {
    try {
      return readFileSync(`/proc/${one}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
    } catch {
      return []
    }
  }
  const ticks = (fields: readonly string[], from: number): number =>
    [0, 1].reduce((sum, index) => sum + Number(fields[from + index] ?? 0), 0)
  const own = statOf(String(pid))
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((fields) => fields[1] === String(pid))
  // utime, stime and those of children that were waited for are fields 14 to 17 of the file, 11 to 14 behind the name.
  return tickUs * (ticks(own, 11) + ticks(own, 13) + children.reduce((sum, one) => sum + ticks(one, 11), 0))
}
