import { type LineCounts, type TcpProxy, tcpProxy } from '../../servers/tcp-proxy.ts'

/** What a process speaks with: its database, the broker, or other services. */
export type LineKind = 'store' | 'broker' | 'feeds'

/** Every line between the processes of a bank and the servers: each goes through a proxy of its own. */
export class Lines {
  readonly #all: { readonly kind: LineKind; readonly process: string; readonly proxy: TcpProxy }[] = []
  readonly #own: TcpProxy[] = []

  /** A new line of a process to a port, or one that it shares; gives the port where it begins. */
  async add(kind: LineKind, process: string, to: number, shared?: TcpProxy): Promise<number> {
    const proxy = shared ?? (await tcpProxy(to))
    this.#all.push({ kind, process, proxy })
    if (!shared) this.#own.push(proxy)
    return proxy.port
  }

  /** The lines of these kinds, of one process or of all. */
  of(kinds: readonly LineKind[], process?: string): readonly TcpProxy[] {
    const meant = this.#all.filter(
      (line) => kinds.includes(line.kind) && (process ?? line.process) === line.process
    )
    return [...new Set(meant.map(({ proxy }) => proxy))]
  }

  async close(): Promise<void> {
    await Promise.all(this.#own.splice(0).map((proxy) => proxy.close()))
  }
}

/** How often something has happened on some lines. */
export function countOf(lines: readonly TcpProxy[], what: keyof LineCounts): number {
  return lines.reduce((sum, { counts }) => sum + counts[what], 0)
}
