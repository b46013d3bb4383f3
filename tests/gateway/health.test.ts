import { expect, test } from 'vitest'
import { startShop } from './start-shop.ts'

test('a running system is alive and ready', async () => {
  const shop = await startShop()
  const services = { sales: 'running', billing: 'running', fulfilment: 'running' }
  for (const path of ['/health', '/health/ready']) {
    const answer = await shop.get(path)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ ready: true, services })
  }
  expect(await (await shop.get('/health/live')).json()).toEqual({ live: true })
})

test('a system that takes no work is alive but not ready', async () => {
  const shop = await startShop()
  await shop.system.stop()
  expect((await shop.get('/health/live')).status).toBe(200)
  const ready = await shop.get('/health/ready')
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({ ready: false })
})
