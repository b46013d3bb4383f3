import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export interface SandboxBank {
  readonly url: string
  close(): Promise<void>
}

/** A bank to try things with: `4000-declined` is declined, `4000-broken` breaks it, every other card is good. */
export async function startSandboxBank(): Promise<SandboxBank> {
  const answers = new Map<string, object>()
  const server = createServer(async (request, response) => {
    const { card } = (await json(request)) as { readonly card?: string }
    const key = String(request.headers['idempotency-key'])
    const verdict =
      card === '4000-declined' ? { declined: 'insufficient funds' } : { receipt: `c-${answers.size + 1}` }
    const answer = answers.get(key) ?? verdict
    if (card !== '4000-broken') answers.set(key, answer)
    response.writeHead(card === '4000-broken' ? 500 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
  }
}
