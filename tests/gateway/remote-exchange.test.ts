import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/adapters/node/index.ts'
import { RemoteGateway } from '../../src/gateway/remote-exchange.ts'

/** A gateway that ends a connection which was kept as soon as it is asked on it for a second time. */
async function forgetful() {
  const known = new Set<Socket>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { socket, method = '' } = request
    asked.push(`${method} on a ${known.has(socket) ? 'kept' : 'new'} connection`)
    if (known.has(socket)) {
      socket.resetAndDestroy()
      return
    }
    known.add(socket)
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"here":true}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const remote = new RemoteGateway('sales', () => [url], systemClock())
  onTestFinished(async () => {
    remote.close()
    server.closeAllConnections()
    server.close()
  })
  return { remote, asked }
}

test('a question on a kept connection that the other side has just closed is asked again on a new one', async () => {
  const { remote, asked } = await forgetful()
  for (let time = 0; time < 2; time++) expect(await remote.get('/admin', 5_000)).toEqual({ here: true })
  expect(asked).toEqual(['GET on a new connection', 'GET on a kept connection', 'GET on a new connection'])
})

test('a command on such a connection is not sent again: it may have been done', async () => {
  const { remote, asked } = await forgetful()
  const command = { method: 'POST', path: '/sales/order/o-1/PlaceOrder', body: {}, maxMs: 5_000 } as const
  await remote.ask(command)
  await expect(remote.ask(command)).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE' })
  expect(asked).toEqual(['POST on a new connection', 'POST on a kept connection'])
})
