import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { httpFeedBus } from '../../src/adapters/http-feed/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { type Clock, instanceLook } from '../../src/ports/index.ts'
import { freePort, until } from '../system/child.ts'

const clock = systemClock()
const isNews = (url: string): boolean => url.includes('waitMs')

let nowMs = 0
/** A clock on which the pauses between looks are over at once, and nothing was a moment ago. */
const hasty: Clock = {
  ...clock,
  nowMs: () => {
    nowMs += 1_000
    return nowMs
  },
  schedule: (ms, task) => clock.schedule(ms <= 1_000 ? 0 : ms, task)
}

/** An instance that takes every request and answers looks only, with whatever it likes. */
async function slowInstance(): Promise<{ readonly url: string; readonly asked: readonly string[] }> {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    if (url === instanceLook.path) response.writeHead(404).end('What is that?')
    else if (!isNews(url)) response.writeHead(200, { 'content-type': 'application/json' }).end(heads)
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server.listen(await freePort(), '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const heads = JSON.stringify({ service: 'sales', pageRows: 256, heads: [0, 0, 0, 0] })

test('a publisher that holds its answer back is waited for as long as it answers looks, by one request', async () => {
  const [slow, other] = [await slowInstance(), await slowInstance()]
  const bus = httpFeedBus({
    urls: () => [slow.url, other.url],
    local: localBus(),
    clock: hasty,
    ids: systemIds()
  })
  onTestFinished(() => bus.close())
  bus.listen('sales', () => undefined)
  const looks = (): number => slow.asked.filter((url) => url === instanceLook.path).length
  await until('it was looked at often', async () => looks() >= 30)
  expect(slow.asked.filter(isNews)).toHaveLength(1)
  expect(other.asked).toEqual([])
})

test('an instance that is alone is not looked at', async () => {
  const alone = await slowInstance()
  let pauses = 0
  const counting: Clock = {
    ...hasty,
    schedule(ms, task) {
      if (ms > 1_000) return clock.schedule(ms === 1_500 ? 0 : ms, task)
      pauses += 1
      return hasty.schedule(ms, task)
    }
  }
  let found = 0
  const urls = (): readonly string[] => {
    found += 1
    return [alone.url]
  }
  const bus = httpFeedBus({ urls, local: localBus(), clock: counting, ids: systemIds() })
  onTestFinished(() => bus.close())
  bus.listen('sales', () => undefined)
  await until('it is waited for', async () => alone.asked.some(isNews) && found > 100)
  expect([pauses, alone.asked.filter((url) => url === instanceLook.path)]).toEqual([0, []])
})
