// A program: Restate, its server a process of its own that syncs its log before it goes on, as it does by default.
//
// Order, account and shipping are virtual objects whose state Restate keeps. An order is a workflow under the order's own
// id that calls them one after the other, which Restate remembers step by step and never takes twice. An order is placed
// when the submission of its workflow is answered, and ready when the last of its calls is. The read model is the state
// of the order, which Restate's own SQL reads.
import { type ObjectContext, object, serve, type WorkflowContext, workflow } from '@restatedev/restate-sdk'
import { connect } from '@restatedev/restate-sdk-clients'
import { freePort, until } from '../../tests/system/child.ts'
import { orderLines } from '../pipeline/workload.ts'
import { measured } from './peer.ts'
import { wrongNumbers } from './proof.ts'
import { type OrderFacts, orderFacts } from './tables.ts'

const order = object({
  name: 'order',
  handlers: {
    async accept(context: ObjectContext, { index, customerId, pence }: OrderFacts): Promise<void> {
      context.set('row', { status: 'accepted', customerId, lines: orderLines(index), total: pence })
    },
    async ready(context: ObjectContext): Promise<void> {
      context.set('row', { ...(await context.get<object>('row')), status: 'ready' })
    }
  }
})

interface Account {
  readonly charges: number
  readonly pence: number
}

const account = object({
  name: 'account',
  handlers: {
    async charge(context: ObjectContext, { pence }: OrderFacts): Promise<void> {
      const before = (await context.get<Account>('account')) ?? { charges: 0, pence: 0 }
      context.set<Account>('account', { charges: before.charges + 1, pence: before.pence + pence })
    }
  }
})

const shipping = object({
  name: 'shipping',
  handlers: {
    async ship(context: ObjectContext): Promise<void> {
      context.set('status', 'completed')
    }
  }
})

interface StateRow {
  readonly service_name: string
  readonly service_key: string
  readonly value_utf8: string
}

await measured(async ({ restate }, onReady) => {
  if (restate === undefined) throw new Error('Restate needs its server.')
  const fulfilment = workflow({
    name: 'fulfilment',
    handlers: {
      async run(context: WorkflowContext, facts: OrderFacts): Promise<void> {
        await context.objectClient(order, facts.orderId).accept(facts)
        await context.objectClient(account, facts.customerId).charge(facts)
        await context.objectClient(shipping, facts.orderId).ship()
        await context.objectClient(order, facts.orderId).ready()
        onReady(facts.index)
      }
    }
  })
  const asked = async (path: string, body: object): Promise<Response> => {
    const answer = await fetch(`http://127.0.0.1:${restate.adminPort}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body)
    })
    if (!answer.ok) throw new Error(`Restate answers ${path} with ${answer.status}: ${await answer.text()}`)
    return answer
  }
  const services = [order, account, shipping, fulfilment]
  const port = await serve({ services, port: await freePort(), logger: () => undefined })
  await until('Restate knows the services', () =>
    asked('/deployments', { uri: `http://127.0.0.1:${port}` }).then(
      () => true,
      () => false
    )
  )
  const ingress = connect({ url: `http://127.0.0.1:${restate.ingressPort}` })

  return {
    place(index) {
      const facts = orderFacts(index)
      return ingress.workflowClient(fulfilment, facts.orderId).workflowSubmit(facts)
    },
    async wrong(count) {
      const query =
        "SELECT service_name, service_key, value_utf8 FROM state WHERE service_name <> 'fulfilment'"
      const { rows } = (await (await asked('/query', { query })).json()) as { rows: readonly StateRow[] }
      const of = (name: string): readonly StateRow[] => rows.filter((row) => row.service_name === name)
      const accounts = of('account').map(({ service_key, value_utf8 }): [string, number, number] => {
        const { charges, pence } = JSON.parse(value_utf8) as Account
        return [service_key, charges, pence]
      })
      return wrongNumbers(count, {
        ready: of('order').filter((row) => JSON.parse(row.value_utf8).status === 'ready').length,
        charged: accounts.reduce((sum, [, charges]) => sum + charges, 0),
        shipped: of('shipping').filter((row) => JSON.parse(row.value_utf8) === 'completed').length,
        accounts
      })
    },
    stop: async () => undefined
  }
})
