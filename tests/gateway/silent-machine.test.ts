import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock } from '../../src/adapters/node/index.ts'
import { remoteSystem } from '../../src/gateway/index.ts'
import { freePort } from '../system/child.ts'
import { shop } from './shop.ts'
import { sampleOrder, startShop } from './start-shop.ts'

const listening = `require('node:net').createServer().listen({ host: '127.0.0.1', port: +process.argv[1], backlog: 1 }, () => console.log('up'))`

/** Whether a connection comes about soon; it stays open until the test is over. */
async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  onTestFinished(() => {
    socket.destroy()
  })
  socket.setTimeout(300)
  return Promise.race([once(socket, 'connect').then(() => true), once(socket, 'timeout').then(() => false)])
}

/** A port at which connections are neither taken nor refused, as those of a machine that is gone. */
async function silentPort(): Promise<number> {
  const port = await freePort()
  const child = spawn(process.execPath, ['-e', listening, String(port)], {
    stdio: ['ignore', 'pipe', 'ignore']
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  for (let taken = 0; taken < 20; taken++) if (!(await connects(port))) return port
  throw new Error('Connections still come about.')
}

test('a command goes to another instance when no connection to the first comes about', async () => {
  const started = await startShop()
  const silent = `http://127.0.0.1:${await silentPort()}`
  const bus = localBus()
  for (const { feed } of started.system.services.values()) bus.offer(feed)
  const remote = remoteSystem({
    definition: shop,
    addresses: () => [silent, started.url],
    bus,
    clock: systemClock()
  })
  onTestFinished(() => remote.stop())
  // Whichever of them is asked first, two commands ask both first once.
  for (const key of ['o-1', 'o-2']) {
    const answer = await remote.service('sales').send({ type: 'PlaceOrder', key, data: sampleOrder })
    expect(answer.outcome).toBe('accepted')
  }
})

/** An instance that is well until it is given a command, and then says nothing any more. */
async function stoppingInstance(): Promise<{ readonly url: string; readonly commands: readonly string[] }> {
  const commands: string[] = []
  const server = createServer(({ method, url = '' }, response) => {
    if (method === 'POST') commands.push(url)
    if (commands.length === 0) response.end('{"live":true}')
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server.listen(await freePort(), '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, commands }
}

test('a command that an instance may have is given up within seconds, and is not sent to another', async () => {
  const started = await startShop()
  const stopping = await stoppingInstance()
  const bus = localBus()
  for (const { feed } of started.system.services.values()) bus.offer(feed)
  const remote = remoteSystem({
    definition: shop,
    addresses: () => [stopping.url, started.url],
    bus,
    clock: systemClock()
  })
  onTestFinished(() => remote.stop())
  const sales = remote.service('sales')
  const place = (key: string, idempotencyKey: string) =>
    sales.send({ type: 'PlaceOrder', key, data: sampleOrder, idempotencyKey })
  await expect(place('o-1', 'once')).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE' })
  expect(stopping.commands).toEqual(['/sales/order/o-1/PlaceOrder'])
  expect(await started.system.service('sales').entity('order', 'o-1')).toBeUndefined()
  // From now on the other one is asked, each time.
  for (const key of ['o-1', 'o-2', 'o-3'])
    expect(await place(key, key)).toMatchObject({ outcome: 'accepted' })
  expect(stopping.commands).toHaveLength(1)
})
