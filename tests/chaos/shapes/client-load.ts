import { setTimeout as pause } from 'node:timers/promises'
import type { Ledger } from '../../system/ledger.ts'
import { type Answered, post } from '../http-client.ts'

const clients = 4
const accountsMax = 24
/** A client rests in between: a history that is too long takes too long to prove. */
const restMs = 8
/** How long a client waits before it sends a command again that was not taken. */
const againMs = 40

/** Whether a command may be sent again: nobody has answered, or the answer says so. What nobody expects is told. */
function mayBeSentAgain({ status, text }: Answered): boolean {
  if (status === 0) return true
  if (status === 500) return false
  try {
    return (JSON.parse(text) as { readonly retry?: string }).retry !== 'never'
  } catch {
    return false
  }
}

/** Where a process of a service answers, and who writes down what is acknowledged. */
export interface LoadPlace {
  readonly urlOf: (service: string) => string
  readonly ledger: Ledger
  readonly life: string
  readonly violated: (what: string) => void
}

/** Clients that deposit and transfer over HTTP, and send again, under the same key, what was not answered. */
export class ClientLoad {
  readonly #place: LoadPlace
  readonly #running: Promise<unknown>
  #ended = false
  #acknowledged = 0
  /** Commands that were not answered the first time. */
  repeated = 0

  constructor(place: LoadPlace) {
    this.#place = place
    this.#running = Promise.all(Array.from({ length: clients }, (_, number) => this.#client(number)))
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Resolves when nobody sends any more; commands that are not answered by then are given up. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#running
  }

  /** Moves money from one account to another; resolves when it is accepted, or when the load has ended. */
  transfer(name: string, from: string, to: string): Promise<void> {
    const path = `/transfers/transfer/${name}/RequestTransfer`
    return this.#insist(name, 'transfers', path, { from, to, pence: 30 })
  }

  #deposit(name: string, to: string): Promise<void> {
    return this.#insist(name, 'bank', `/bank/account/${to}/Deposit`, { pence: 50, note: name })
  }

  async #client(number: number): Promise<void> {
    for (let count = 0; !this.#ended; count++) {
      const name = `${this.#place.life}-${number}-${count}`
      const from = `a${(number * 7 + count) % accountsMax}`
      const to = `a${(number * 11 + 3 * count + 1) % accountsMax}`
      if (count % 2 === 0) await this.#deposit(name, from)
      else await this.transfer(name, from, to)
      await pause(restMs)
    }
  }

  /** Sends a command until it is answered, each time to any instance, as behind a load balancer. */
  async #insist(name: string, service: string, path: string, data: unknown): Promise<void> {
    const { ledger, violated, urlOf } = this.#place
    const sent = { body: JSON.stringify(data), headers: { 'idempotency-key': name } }
    for (;;) {
      const answered = await post(urlOf(service) + path, '', sent)
      const { status, text } = answered
      if (status === 200) {
        ledger.acks.push({ position: (JSON.parse(text) as { position: string }).position, name })
        this.#acknowledged += 1
        return
      }
      if (!mayBeSentAgain(answered)) return violated(`${name} was answered with ${status}: ${text}`)
      if (this.#ended) return
      this.repeated += 1
      await pause(againMs)
    }
  }
}
