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
  const decided = (key: string, card?: string): object => {
    const receipt = `c-${answers.size + 1}`
    const answer = card === '4000-declined' ? { declined: 'insufficient funds' } : { receipt }
    answers.set(key, answer)
    return answer
  }
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const { card } = body as { readonly card?: string }
      if (card === '4000-broken') return response.writeHead(500).end()
      const key = String(request.headers['idempotency-key'])
      response.setHeader('content-type', 'application/json')
      return response.end(JSON.stringify(answers.get(key) ?? decided(key, card)))
    })
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
