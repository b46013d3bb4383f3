import { join } from 'node:path'
import { defineConfig, type Profiles } from 'skerry/config'
import type { HomeOptions } from 'skerry/gateway'
import { demoRange, stockDemoRange } from './demo-range.ts'
import { retail } from './retail.ts'
import { mailSender } from './sandbox/mail-client.ts'
import { startMailInbox } from './sandbox/mail-inbox.ts'
import { paymentClient } from './sandbox/payment-client.ts'
import { startPaymentProvider } from './sandbox/payment-provider.ts'
import { testCards } from './sandbox/test-cards.ts'

const [eggCup, candle] = demoRange

const home: HomeOptions = {
  title: 'A shop of eight services',
  text: 'Each service decides alone and keeps its own data. They tell each other what happened, and no one waits.',
  latest: {
    title: 'Latest orders',
    service: 'sales',
    projection: 'order-history',
    order: '-acceptedMs',
    columns: [
      { field: 'orderId', label: 'Order' },
      { field: 'customerId', label: 'Customer' },
      { field: 'status', label: 'State', as: 'status' },
      { field: 'totalPence', label: 'Total', as: 'pence' },
      { field: 'acceptedMs', label: 'Accepted', as: 'time', wideOnly: true },
      { field: 'reason', label: 'Why cancelled', wideOnly: true }
    ]
  },
  tryIt: {
    text: 'Places an order. Stock is reserved, the card is charged, the parcel leaves, and the customer gets a mail.',
    button: 'Place an order',
    service: 'sales',
    machine: 'order',
    key: 'order-{id}',
    command: 'PlaceOrder',
    data: {
      customerId: 'ann',
      email: 'ann@example.org',
      card: testCards.approved.number,
      lines: [
        { stockCode: eggCup?.stockCode, name: eggCup?.name, quantity: 2, unitPence: eggCup?.listPence },
        { stockCode: candle?.stockCode, name: candle?.name, quantity: 1, unitPence: candle?.listPence },
        { stockCode: 'POST', name: 'POSTAGE', quantity: 1, unitPence: 395 }
      ]
    }
  }
}

/** The address of the one database, as the role of a service that has a schema in it and sees no other. */
function databaseOf(env: Readonly<Record<string, string | undefined>>, service: string): string {
  const url = new URL(env['DATABASE_URL'] ?? 'postgres://127.0.0.1:5432/retail')
  url.username = service
  // Or a password with a percent sign would be read as another one.
  url.password = encodeURIComponent(env['DATABASE_PASSWORD'] ?? '')
  return url.href
}

function profilesOf(env: Readonly<Record<string, string | undefined>>): Profiles {
  const listed = (name: string, otherwise: string): readonly string[] => (env[name] ?? otherwise).split(',')
  const postgres = (service: string) => ({ kind: 'postgres', url: databaseOf(env, service) }) as const
  const nats = { kind: 'nats', servers: listed('NATS_URL', 'nats://127.0.0.1:4222') } as const
  const kafka = { kind: 'kafka', brokers: listed('KAFKA_BROKERS', '127.0.0.1:9092') } as const
  return {
    postgres: { store: postgres, discovery: postgres },
    nats: { store: postgres, bus: nats, discovery: () => nats },
    kafka: { store: postgres, bus: kafka, discovery: postgres },
    many: {
      // Eleven processes share what the server has.
      store: (service) => ({ ...postgres(service), connections: 4 }),
      bus: nats,
      discovery: () => nats,
      instances: { sales: 2, inventory: 2, fulfilment: 2 }
    }
  }
}

/**
 * The shop with the outside world it needs: a payment provider and a mail inbox, both real servers on 127.0.0.1.
 * They take free ports, or those of PAYMENT_PORT and MAIL_PORT. Profiles find their servers by DATABASE_URL,
 * DATABASE_PASSWORD (of every role), NATS_URL and KAFKA_BROKERS; of a cluster several, with commas between them.
 */
export default defineConfig(async ({ dataDirectory, env, companion }) => {
  const sandbox = join(dataDirectory, 'sandbox')
  const provider = await companion('payment provider', () =>
    startPaymentProvider({ port: Number(env['PAYMENT_PORT'] ?? 0), dataFile: join(sandbox, 'payments.db') })
  )
  const inbox = await companion('mail inbox', () =>
    startMailInbox({ port: Number(env['MAIL_PORT'] ?? 0), dataFile: join(sandbox, 'mails.db') })
  )
  const sender = mailSender({ url: inbox, from: 'orders@retail.example' })
  return {
    system: retail({ payments: { provider: paymentClient({ url: () => provider }) }, post: { sender } }),
    home,
    profiles: profilesOf(env),
    started: stockDemoRange,
    stop: async () => sender.close()
  }
})
