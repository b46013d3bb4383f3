import { readFileSync } from 'node:fs'
import { cpuUsOf } from './processor-time.ts'

/** The servers that a run has, by their names. */
export type ServerPids = Readonly<Record<string, number>>

/** Those of them that run. */
export function pidsOf(servers: Readonly<Record<string, number | undefined>>): ServerPids {
  return Object.fromEntries(
    Object.entries(servers).filter((entry): entry is [string, number] => entry[1] !== undefined)
  )
}

/** What servers have used. */
export interface ServerUse {
  /** Processor time of each, in microseconds. */
  readonly cpuUs: Readonly<Record<string, number>>
  /** Bytes that went over the loopback interface, whoever sent them. */
  readonly wireBytes: number
}

function loopbackBytes(): number {
  const line = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .find((one) => one.trim().startsWith('lo:'))
  return Number(line?.trim().split(/[:\s]+/)[1] ?? 0)
}

/** So far. */
export function serverUse(pids: ServerPids): ServerUse {
  const cpuUs = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuUsOf(pid)]))
  return { cpuUs, wireBytes: loopbackBytes() }
}

/** Since `before`, for each of so many orders. */
export function serverUseSince(before: ServerUse, pids: ServerPids, orders: number): ServerUse {
  const now = serverUse(pids)
  const each = Object.entries(now.cpuUs).map(([name, us]) => [
    name,
    (us - (before.cpuUs[name] ?? 0)) / orders
  ])
  return { cpuUs: Object.fromEntries(each), wireBytes: (now.wireBytes - before.wireBytes) / orders }
}
