import type { NatsMessage } from './connection.ts'
import { subjectOf } from './message.ts'
import type { NatsBusSettings } from './options.ts'

const nanosPerMs = 1_000_000
const forgottenMs = 10_000

/** What is asked for again. */
export interface ReplayOptions {
  readonly settings: NatsBusSettings
  readonly service: string
  /** Wall time from which on messages are wanted; those of before do no harm. */
  readonly sinceMs: number
  /** The replay is given up after this time. */
  readonly withinMs: number
  readonly hear: (message: NatsMessage) => void
}

/** How many messages are still to come, as the server says in the subject for an acknowledgement. */
function pendingOf(reply: string): number {
  const parts = reply.split('.')
  // Newer servers put the domain and the account before the name of the stream, and a token behind.
  return Number(parts[parts.length >= 11 ? 10 : 8])
}

/**
 * Asks the stream once more for what a connection missed while it was away: a consumer in the memory of the server,
 * gone when all has come. Resolves in any case; what did not come is read from the feed.
 */
export async function replay({ settings, service, sinceMs, withinMs, hear }: ReplayOptions): Promise<void> {
  const { connection, stream, ids, clock } = settings
  const inbox = `${settings.inboxPrefix}.${ids.unique()}`
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const cancel = clock.schedule(withinMs, end)
  const subscription = connection.subscribe(inbox, {
    callback(error, message) {
      if (error) return end()
      hear(message)
      if (message.reply === undefined || pendingOf(message.reply) === 0) end()
    }
  })
  const asked = ask()
  try {
    await Promise.race([ended, asked.then(() => ended)])
  } finally {
    cancel()
    subscription.unsubscribe()
    // It would go by itself in a while.
    void asked.then((consumer) => consumer?.forget()).catch(() => undefined)
  }

  async function ask(): Promise<{ forget(): Promise<unknown> }> {
    const { consumers } = await settings.manager()
    const { name, num_pending } = await consumers.add(stream, {
      deliver_subject: inbox,
      deliver_policy: 'by_start_time',
      opt_start_time: new Date(sinceMs).toISOString(),
      filter_subject: subjectOf(settings.prefix, service),
      ack_policy: 'none',
      replay_policy: 'instant',
      inactive_threshold: forgottenMs * nanosPerMs,
      mem_storage: true,
      num_replicas: 1
    })
    if (num_pending === 0 || num_pending > settings.replayMaxRows) end()
    return { forget: () => consumers.delete(stream, name) }
  }
}
