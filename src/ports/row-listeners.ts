import type { Complaints } from './complaints.ts'
import type { LogRow } from './log-row.ts'

/** Hears rows of one service. */
export type RowListener = (rows: readonly LogRow[]) => void

/** Those who listen to one service over a broker; a function may be among them more than once. */
export class RowListeners {
  readonly #service: string
  readonly #broker: string
  readonly #complaints: Complaints
  readonly #registrations = new Set<{ readonly listener: RowListener }>()

  constructor(service: string, broker: string, complaints: Complaints) {
    this.#service = service
    this.#broker = broker
    this.#complaints = complaints
  }

  get size(): number {
    return this.#registrations.size
  }

  /** Returns what removes it again; calling that twice does nothing. */
  add(listener: RowListener): () => void {
    const registration = { listener }
    this.#registrations.add(registration)
    return () => {
      this.#registrations.delete(registration)
    }
  }

  clear(): void {
    this.#registrations.clear()
  }

  /** Calls each of them; one that throws is told in the log and hurts no other. */
  tell(rows: readonly LogRow[]): void {
    for (const { listener } of this.#registrations) {
      try {
        listener(rows)
      } catch (error) {
        this.#complaints.tell('error', `A listener on the ${this.#broker} bus threw.`, {
          service: this.#service,
          error
        })
      }
    }
  }
}
