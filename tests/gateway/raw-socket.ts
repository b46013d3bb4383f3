import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A connection on which a test says exactly what it wants. */
export interface RawSocket {
  readonly socket: Socket
  write(text: string | Buffer): void
  /** Everything that was answered until now. */
  readonly said: string
  /** Resolves when the answer holds this. */
  until(pattern: RegExp): Promise<string>
  /** Resolves with everything when the other side has closed the connection. */
  closed(): Promise<string>
}

/** Opens a connection to a server, for one test. */
export async function rawSocket(url: string): Promise<RawSocket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  onTestFinished(() => {
    socket.destroy()
  })
  let said = ''
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    said += text
  })
  // A server that cuts the connection may do it with a reset, which is as good an end as any.
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return {
    socket,
    write: (text) => {
      socket.write(text)
    },
    get said() {
      return said
    },
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(said)) resolve(said)
        }
        socket.on('data', look)
        socket.once('close', () =>
          pattern.test(said) ? resolve(said) : reject(new Error(`closed after: ${said}`))
        )
        look()
      }),
    closed: async () => {
      await closed
      return said
    }
  }
}

/** The status codes in what was answered, one for each answer. */
export function statusesIn(said: string): readonly number[] {
  return [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}
