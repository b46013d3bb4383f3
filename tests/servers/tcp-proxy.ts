import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '../system/child.ts'

/** Stands between a client and a server, and cuts the line or holds it up. */
export interface TcpProxy {
  readonly port: number
  /** Ends all connections, and lets nobody through until it is healed. */
  cut(): void
  /** What the server says does not come through any more, though the connections stand. */
  stall(): void
  heal(): void
  close(): Promise<void>
}

/** Passes connections on to a port of this machine. */
export async function tcpProxy(to: number): Promise<TcpProxy> {
  const port = await freePort()
  const pairs = new Set<readonly [Socket, Socket]>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(to, '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    near.pipe(far)
    far.pipe(near)
    for (const socket of pair) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        pairs.delete(pair)
        for (const each of pair) each.destroy()
      })
    }
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const endAll = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  return {
    port,
    cut() {
      isCut = true
      endAll()
    },
    stall() {
      for (const [near, far] of pairs) {
        far.unpipe(near)
        far.pause()
      }
    },
    heal() {
      isCut = false
      for (const [near, far] of pairs) far.pipe(near)
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      endAll()
      await closed
    }
  }
}
