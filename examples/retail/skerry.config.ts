import { join } from 'node:path'
import type { SystemDefinition } from 'skerry'
import type { RunningSystem } from 'skerry/runtime'
import { ownNames } from './own-names.ts'
import { retail } from './retail.ts'
import { mailSender } from './sandbox/mail-client.ts'
import { startMailInbox } from './sandbox/mail-inbox.ts'
import { startPaymentProvider } from './sandbox/payment-provider.ts'

interface Surroundings {
  /** Where the databases are; the sandbox keeps its own below it. */
  readonly dataDirectory: string
  readonly env: Readonly<Record<string, string | undefined>>
}

interface Configured {
  readonly system: SystemDefinition
  /** What else runs in this process, to be shown to whoever starts it. */
  readonly companions: readonly { readonly name: string; readonly url: string }[]
  /** Is to be called with the running system: the postman reads names in it. */
  started(running: RunningSystem): void
  /** Is to be called when the system has stopped. */
  stop(): Promise<void>
}

/**
 * The shop with the outside world it needs: a payment provider and a mail inbox, both real servers on 127.0.0.1.
 * They take free ports, or those of PAYMENT_PORT and MAIL_PORT.
 */
export default async function configure({ dataDirectory, env }: Surroundings): Promise<Configured> {
  const sandbox = join(dataDirectory, 'sandbox')
  const provider = await startPaymentProvider({
    port: Number(env['PAYMENT_PORT'] ?? 0),
    dataFile: join(sandbox, 'payments.db')
  })
  const inbox = await startMailInbox({
    port: Number(env['MAIL_PORT'] ?? 0),
    dataFile: join(sandbox, 'mails.db')
  })
  const sender = mailSender({ url: inbox.url, from: 'orders@retail.example' })

  let started: Configured['started'] = () => undefined
  const running = new Promise<RunningSystem>((resolve) => {
    started = resolve
  })
  return {
    system: retail({
      payments: { providerUrl: () => provider.url },
      post: { sender, namesOf: ownNames(running) }
    }),
    companions: [
      { name: 'payment provider', url: provider.url },
      { name: 'mail inbox', url: inbox.url }
    ],
    started,
    stop: async () => {
      sender.close()
      await Promise.all([provider.close(), inbox.close()])
    }
  }
}
