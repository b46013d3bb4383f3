import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { actor, contract, projection, service, stateMachine, system } from 'skerry'
import { defineConfig } from 'skerry/config'
import { z } from 'zod'

const sales = contract('sales')
const PlaceOrder = sales.command('PlaceOrder', z.object({ customerId: z.string(), total: z.int() }))
const OrderAccepted = sales.event('OrderAccepted', z.object({ customerId: z.string(), total: z.int() }))

type Order = { status: 'new' } | { status: 'accepted'; customerId: string; total: number }

const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (_, event) => ({ status: 'accepted', ...event }))
  .on(PlaceOrder, { from: 'new', emits: OrderAccepted }, (_, command) => OrderAccepted(command))

/** Cannot fold what the customer `poison` orders: its orders become dead letters. */
const orders = projection<{ customerId: string; total: number }>('orders', { indexes: ['customerId'] }).on(
  OrderAccepted,
  (_, { key }) => key,
  (_, event) => {
    if (event.customerId === 'poison') throw new Error('That cannot be folded.')
    return { customerId: event.customerId, total: event.total }
  }
)

const greeter = actor('greeter').on(OrderAccepted, () => [])

// #region config
/** A shop whose config does what configs of users may do, well or badly, as the environment says. */
export default defineConfig(async ({ dataDirectory, env, log, companion }) => {
  await companion('greeter', async () => {
    const server = createServer((_request, response) => response.end('hello'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}`, close: () => void server.close() }
  })
  if (env['SHOP'] === 'fails') throw new Error('The vault is empty.')
  return {
    system: system('shop', [service(sales, [order, orders, greeter])]),
    started: () => {
      log.info('the shop is open')
      if (env['SHOP'] === 'throws') setImmediate(() => void Promise.reject(new Error('A mistake of ours.')))
    },
    stop: async () => {
      writeFileSync(join(dataDirectory, 'closed.txt'), 'The shop was closed in good order.')
      if (env['SHOP'] === 'hangs') await new Promise(() => undefined)
    }
  }
})
// #endregion
