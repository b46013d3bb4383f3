import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { httpFeedBus } from '../../src/adapters/http-feed/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import type { Bus } from '../../src/ports/index.ts'
import { feedServer } from '../conformance/feed-server.ts'
import { standsStill } from '../servers/process-state.ts'
import { freePort, until } from './child.ts'

const clock = systemClock()
/** Far above what a busy machine needs for some looks; far below what gives a request up by itself here. */
const someSeconds = 20_000
const tenMinutes = 600_000

const passingOn = `
const { connect, createServer } = require('node:net')
createServer((near) => {
  const far = connect(+process.argv[2], '127.0.0.1')
  for (const [one, other] of [[near, far], [far, near]])
    one.on('error', () => {}).on('close', () => other.destroy()).pipe(other)
}).listen(+process.argv[1], '127.0.0.1', () => console.log('up'))`

/** An instance that is a process of its own, and has what the server has. */
async function instanceOf(server: string): Promise<{ readonly url: string; readonly pid: number }> {
  const port = await freePort()
  const args = ['-e', passingOn, `${port}`, new URL(server).port]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  await once(child.stdout, 'data')
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0 }
}

async function stage() {
  const publisher = localBus()
  const origin = new StageFeed('sales')
  publisher.offer(origin)
  const server = await feedServer(publisher, clock)
  onTestFinished(() => server.close())
  const [first, second] = [await instanceOf(server.url), await instanceOf(server.url)]
  const instances = [first, second] as const
  const bus: Bus = httpFeedBus({
    urls: () => instances.map(({ url }) => url),
    local: localBus(),
    clock,
    ids: systemIds(),
    // Only looks find out: no request is given up for its own time.
    answerMs: tenMinutes,
    requestMaxMs: tenMinutes
  })
  onTestFinished(() => bus.close())
  const commit = (count: number): void => publisher.announce('sales', origin.commit(0, count))
  return { server, instances, bus, commit }
}

async function stopped(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  await until(`${pid} stands still`, async () => standsStill(pid))
}

test('news come from another instance within seconds when the one that was asked stands still, each once and in order', async () => {
  const { server, instances, bus, commit } = await stage()
  const heard: number[] = []
  bus.listen('sales', (rows) => heard.push(...rows.map(({ position }) => position)))
  commit(1)
  await until('the first row is heard', async () => heard.includes(1))
  await until(
    'the next answer is waited for',
    async () => server.requests.at(-1)?.includes('after=1,') ?? false
  )
  const [first, second] = instances
  await stopped(first.pid)
  commit(3)
  await until('the other rows are heard', async () => heard.includes(4), someSeconds)
  expect(standsStill(first.pid)).toBe(true)
  // And back, so that it was no luck which of them was asked.
  process.kill(first.pid, 'SIGCONT')
  await until('the first goes on', async () => !standsStill(first.pid))
  await stopped(second.pid)
  commit(2)
  await until('what comes then is heard', async () => heard.includes(6), someSeconds)
  expect(standsStill(second.pid)).toBe(true)
  expect(heard).toEqual([1, 2, 3, 4, 5, 6])
})

test('a read of an instance that stands still fails within seconds, and the next one is answered', async () => {
  const { instances, bus, commit } = await stage()
  commit(3)
  const feed = bus.feed('sales')
  expect(await feed.heads()).toEqual([3, 0, 0, 0])
  await stopped(instances[0].pid)
  const startMs = performance.now()
  await expect(feed.read(0, 0, 10)).rejects.toMatchObject({
    code: 'FEED_UNAVAILABLE',
    message: expect.stringContaining(`${instances[0].url} takes connections and says nothing.`)
  })
  expect(performance.now() - startMs).toBeLessThan(someSeconds)
  expect(standsStill(instances[0].pid)).toBe(true)
  expect((await feed.read(0, 0, 10)).map(({ position }) => position)).toEqual([1, 2, 3])
})
