import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../system/child.ts'
import { type TcpProxy, tcpProxy } from './tcp-proxy.ts'

/** A caller of a server that gives everything back, with a proxy in between. */
interface Call {
  readonly socket: Socket
  readonly heard: () => string
  readonly segments: () => number
  readonly end: () => string | undefined
}

/** What a server has heard, and a proxy before it. */
async function echo(): Promise<{ proxy: TcpProxy; heard: () => string; call: () => Promise<Call> }> {
  let heard = ''
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString()
      socket.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await tcpProxy((server.address() as AddressInfo).port)
  onTestFinished(async () => {
    await proxy.close()
    server.close()
  })
  return {
    proxy,
    heard: () => heard,
    async call() {
      const socket = connect(proxy.port, '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      let text = ''
      let segments = 0
      let end: string | undefined
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        segments += 1
      })
      socket.on('error', (error: NodeJS.ErrnoException) => {
        end = error.code
      })
      socket.on('close', () => {
        end ??= 'closed'
      })
      await once(socket, 'connect')
      return { socket, heard: () => text, segments: () => segments, end: () => end }
    }
  }
}

const answered = (call: Call, text: string): Promise<boolean> =>
  until(`'${text}' comes back`, async () => call.heard() === text)

test('a line that was partitioned lets nothing through, and connections that lost something are reset', async () => {
  const { proxy, heard, call } = await echo()
  const [first, idle] = [await call(), await call()]
  first.socket.write('one')
  await answered(first, 'one')
  proxy.partition(['there', 'back'])
  first.socket.write('two')
  const late = await call()
  late.socket.write('three')
  await until('both have vanished', async () => proxy.counts.vanishedBytes === 8)
  expect([heard(), first.heard(), first.end()]).toEqual(['one', 'one', undefined])
  proxy.heal()
  await until('both are reset', async () => first.end() !== undefined && late.end() !== undefined)
  idle.socket.write('four')
  await answered(idle, 'four')
})

test('in a partition of one way the server hears what is said, and its answer vanishes', async () => {
  const { proxy, heard, call } = await echo()
  const caller = await call()
  proxy.partition(['back'])
  caller.socket.write('one')
  await until('the answer has vanished', async () => proxy.counts.vanishedBytes === 3)
  expect([heard(), caller.heard()]).toEqual(['one', ''])
})

test('a slow line delays, one that slices gives the same bytes in many segments', async () => {
  const { proxy, call } = await echo()
  const caller = await call()
  proxy.slow(50)
  const sentMs = performance.now()
  caller.socket.write('one')
  await answered(caller, 'one')
  expect(performance.now() - sentMs).toBeGreaterThan(95)
  expect(proxy.counts.delayed).toBe(2)
  proxy.heal()
  proxy.slice(3)
  const text = 'a text of more than three bytes'
  caller.socket.write(text)
  await answered(caller, `one${text}`)
  expect(proxy.counts.slices).toBeGreaterThan(20)
})

test('a connection is reset in the middle of what it carries, and the next one is not', async () => {
  const { proxy, heard, call } = await echo()
  const caller = await call()
  proxy.reset(100)
  caller.socket.write('a'.repeat(80))
  await answered(caller, 'a'.repeat(80))
  caller.socket.write('b'.repeat(80))
  await until('it is reset', async () => caller.end() !== undefined)
  expect(proxy.counts.resets).toBe(1)
  expect(heard().length).toBeLessThanOrEqual(120)
  proxy.heal()
  const next = await call()
  next.socket.write('c'.repeat(500))
  await answered(next, 'c'.repeat(500))
})

test('a line that is cut ends what stands and lets nobody in until it is healed', async () => {
  const { proxy, call } = await echo()
  const caller = await call()
  proxy.cut()
  const late = await call()
  await until('both have ended', async () => caller.end() !== undefined && late.end() !== undefined)
  expect(proxy.counts.cut).toBe(2)
  proxy.heal()
  const next = await call()
  next.socket.write('one')
  await answered(next, 'one')
})

test('what a stalled line holds back comes when it is healed', async () => {
  const { proxy, heard, call } = await echo()
  const caller = await call()
  caller.socket.write('one')
  await answered(caller, 'one')
  proxy.stall()
  caller.socket.write('two')
  await until('the server has heard it', async () => heard() === 'onetwo')
  expect(caller.heard()).toBe('one')
  proxy.heal()
  await answered(caller, 'onetwo')
})

test('connections that fall silent stay so, unheard of, and new ones are none of it', async () => {
  const { proxy, heard, call } = await echo()
  const caller = await call()
  caller.socket.write('one')
  await answered(caller, 'one')
  proxy.silence()
  caller.socket.write('two')
  await until('it has vanished', async () => proxy.counts.vanishedBytes === 3)
  proxy.heal()
  const next = await call()
  next.socket.write('three')
  await answered(next, 'three')
  expect([heard(), caller.heard(), caller.end()]).toEqual(['onethree', 'one', undefined])
})
