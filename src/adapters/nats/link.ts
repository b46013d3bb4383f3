import type { Complaints } from '../../ports/index.ts'
import type { NatsConnection, NatsStatus } from './connection.ts'

/** Follows what happens to a connection that others opened and will close. */
export class Link {
  readonly connection: NatsConnection
  readonly #complaints: Complaints
  readonly #onUp: () => void
  readonly #onDown: () => void
  #connected: boolean
  #closed = false

  constructor(connection: NatsConnection, complaints: Complaints, onUp: () => void, onDown: () => void) {
    this.connection = connection
    this.#complaints = complaints
    this.#onUp = onUp
    this.#onDown = onDown
    this.#connected = !connection.isClosed()
    void this.#follow(connection.status())
    void connection.closed().then((reason) => this.#ended(reason))
  }

  get connected(): boolean {
    return this.#connected && !this.#closed && !this.connection.isClosed()
  }

  close(): void {
    this.#closed = true
  }

  async #follow(statuses: AsyncIterable<NatsStatus>): Promise<void> {
    try {
      for await (const status of statuses) {
        if (this.#closed) return
        this.#learn(status)
      }
    } catch (error) {
      this.#ended(error)
    }
  }

  #learn({ type, error }: NatsStatus): void {
    if (type === 'disconnect' && this.#connected) {
      this.#connected = false
      this.#complaints.tell('warn', 'The connection to NATS is lost; rows are read from the feeds meanwhile.')
      this.#onDown()
    }
    if (type === 'reconnect') {
      this.#connected = true
      this.#complaints.tell('info', 'The connection to NATS is back.')
      this.#onUp()
    }
    if (type === 'error')
      this.#complaints.tell(
        'error',
        error?.name === 'PermissionViolationError'
          ? 'The NATS server refused something; check the permissions of this user.'
          : 'The NATS server reported an error.',
        { error }
      )
  }

  #ended(reason: unknown): void {
    if (this.#closed) return
    this.#connected = false
    this.#onDown()
    this.#complaints.tell(
      'error',
      'The connection to NATS has ended for good; rows are read from the feeds. Connect with maxReconnectAttempts: -1.',
      reason instanceof Error ? { error: reason } : {}
    )
  }
}
