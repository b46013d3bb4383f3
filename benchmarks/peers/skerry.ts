// A program: Skerry as it is measured everywhere: three services in this process, each in tables of its own on
// PostgreSQL. An order is accepted when it and its event are committed, and ready when the read model of sales, which
// is fed by fulfilment, is. Each event takes effect once: its position is committed with what it brings about.
import { provedWrong } from '../pipeline/proof.ts'
import { startOrders } from '../pipeline/running-orders.ts'
import { measured } from './peer.ts'

await measured(async ({ directory, postgres }, onReady) => {
  const place = { store: 'postgres', bus: 'http', split: false, instances: 1, postgres } as const
  const running = await startOrders({ directory, place, onReady })
  return {
    place: running.placeOrder,
    async wrong(count) {
      await running.idle()
      return provedWrong(running, count, true)
    },
    stop: () => running.stop()
  }
})
