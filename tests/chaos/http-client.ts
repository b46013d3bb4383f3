import { connect, type Socket } from 'node:net'
import type { Ledger } from '../system/ledger.ts'

/** How long a caller waits for an answer before it counts as none. */
const patienceMs = 10_000

/** An answer, or 0 when there was none. */
export interface Answered {
  readonly status: number
  readonly text: string
  readonly ms: number
}

/** Sends a command and waits for the answer; what is accepted is taken down in the ledger. */
export async function deposit(url: string, ledger: Ledger, name: string): Promise<Answered> {
  const answered = await post(url, `/bank/account/a${name.length}${name.at(-1)}/Deposit`, {
    body: JSON.stringify({ pence: 1, note: name }),
    headers: { 'idempotency-key': name }
  })
  if (answered.status === 200) {
    const { position } = JSON.parse(answered.text) as { position: string }
    ledger.acks.push({ position, name })
  }
  return answered
}

/** What a caller sends beside the address. */
export interface Sent {
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** Posts a body of any kind. */
export async function post(url: string, path: string, { body, headers = {} }: Sent): Promise<Answered> {
  const startedMs = performance.now()
  const ms = (): number => performance.now() - startedMs
  try {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
      signal: AbortSignal.timeout(patienceMs)
    })
    return { status: response.status, text: await response.text(), ms: ms() }
  } catch (thrown) {
    return { status: 0, text: String(thrown), ms: ms() }
  }
}

/** A connection on which a caller says what it likes, and as slowly. */
export async function rawCaller(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  // Being cut off is what such a caller has to expect.
  socket.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('close', () => reject(new Error(`${url} does not take connections.`)))
  })
  return socket
}
