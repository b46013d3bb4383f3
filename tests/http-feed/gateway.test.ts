import { expect, test } from 'vitest'
import { httpFeedBus } from '../../src/adapters/http-feed/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { until } from '../../src/conformance/bus-stage.ts'
import { rowId } from '../../src/ports/index.ts'
import { startShop } from '../gateway/start-shop.ts'

test('a bus hears through the gateway what is committed behind it, row for row', async () => {
  const shop = await startShop()
  const clock = systemClock()
  const bus = httpFeedBus({ urls: { sales: shop.url }, local: localBus(), clock, ids: systemIds() })
  const heard = new Set<string>()
  bus.listen('sales', (rows) => {
    for (const row of rows) heard.add(rowId(row))
  })
  const first = await shop.place('o-first')
  await until(clock, 'the first order is heard', () => heard.has(first))
  const placed = await Promise.all(Array.from({ length: 300 }, (_, index) => shop.place(`o-${index}`)))
  await until(clock, 'all orders are heard', () => placed.every((position) => heard.has(position)))
  const { feed: own } = shop.system.service('sales')
  for (const [partition, head] of (await own.heads()).entries())
    expect(await bus.feed('sales').read(partition, 0, 1_000)).toEqual(await own.read(partition, 0, head))
  await bus.close()
})
