// A program: Restate, its server a process of its own that syncs its log before it goes on, as it does by default; what
// the services know is in PostgreSQL, synchronous_commit on.
//
// An order is a workflow under the order's own id, with a durable step (`run`) for each of the four effects. It is placed
// when the submission of its workflow is answered; each step is recorded when it has been taken, apart from its effect,
// which may be repeated after a crash, by then without effect. Virtual objects that keep what the services know, and call
// each other, would take five invocations an order in place of this one.
import { serve, type WorkflowContext, workflow } from '@restatedev/restate-sdk'
import { connect } from '@restatedev/restate-sdk-clients'
import { freePort, until } from '../../tests/system/child.ts'
import { measured } from './peer.ts'
import {
  accept,
  charge,
  type Execute,
  makeReady,
  type OrderFacts,
  orderFacts,
  ship,
  shopDatabase,
  wrongTables
} from './tables.ts'

/** Tells Restate where the services are. */
async function register(adminPort: number, port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}` })
  }).catch(() => undefined)
  return answer?.ok ?? false
}

await measured(async (options, onReady) => {
  const { restate } = options
  if (restate === undefined) throw new Error('Restate needs its server.')
  const pool = await shopDatabase(options, 20)
  const execute: Execute = (text, values) => pool.query(text, [...values])
  const fulfilment = workflow({
    name: 'fulfilment',
    handlers: {
      async run(context: WorkflowContext, order: OrderFacts): Promise<void> {
        await context.run('accept', () => accept(execute, [order]))
        await context.run('charge', () => charge(execute, [order]))
        await context.run('ship', () => ship(execute, [order]))
        await context.run('ready', () => makeReady(execute, [order]))
        onReady(order.index)
      }
    }
  })
  const port = await serve({ services: [fulfilment], port: await freePort(), logger: () => undefined })
  await until('Restate knows the services', () => register(restate.adminPort, port))
  const ingress = connect({ url: `http://127.0.0.1:${restate.ingressPort}` })

  return {
    place(index) {
      const order = orderFacts(index)
      return ingress.workflowClient(fulfilment, order.orderId).workflowSubmit(order)
    },
    wrong: (count) => wrongTables(pool, count),
    stop: async () => undefined
  }
})
