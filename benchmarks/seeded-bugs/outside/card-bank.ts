/** What a card bank is asked for: two requests with one key are one. */
export interface Charge {
  readonly card: string
  readonly pence: number
  readonly idempotencyKey?: string
}

/** How a bank answers. */
export type Verdict = { readonly receipt: string } | { readonly declined: string }

interface Booking {
  readonly card: string
  readonly pence: number
  readonly receipt: string
}

/** The call that the bank does not hear, and the one whose answer is lost: early ones, so that it is well in the end. */
const unheardAt = 2
const lostAt = 3

/** The card bank of a world. */
export class CardBank {
  readonly #charges = new Map<string, Booking>()
  readonly #refunds = new Map<string, Booking>()
  #calls = 0

  /** Fails now and then, before it is booked or after. A card that ends in `-empty` is declined. */
  async charge({ card, pence, idempotencyKey }: Charge): Promise<Verdict> {
    const call = await this.#call()
    if (card.endsWith('-empty')) return { declined: 'The card is empty.' }
    const key = idempotencyKey ?? call
    const known = this.#charges.get(key)
    if (known) return { receipt: known.receipt }
    const receipt = `receipt ${this.#charges.size + 1}`
    this.#charges.set(key, { card, pence, receipt })
    if (this.#calls === lostAt) throw new Error('The answer of the bank was lost.')
    return { receipt }
  }

  /** Gives money of a charge back. The answer to the first one is lost. */
  async refund(receipt: string, pence: number, idempotencyKey?: string): Promise<void> {
    const call = await this.#call()
    const charge = [...this.#charges.values()].find((one) => one.receipt === receipt)
    const isFirst = this.#refunds.size === 0
    if (charge) this.#refunds.set(idempotencyKey ?? call, { ...charge, pence })
    if (isFirst) throw new Error('The answer of the bank was lost.')
  }

  /** What it has taken from all cards, refunds taken off. */
  get takenPence(): number {
    const sum = (bookings: Iterable<Booking>): number =>
      [...bookings].reduce((total, { pence }) => total + pence, 0)
    return sum(this.#charges.values()) - sum(this.#refunds.values())
  }

  toJSON(): unknown {
    const lines = (bookings: Iterable<Booking>): readonly string[] =>
      [...bookings].map(({ card, pence }) => `${card} ${pence}`).toSorted()
    return { charges: lines(this.#charges.values()), refunds: lines(this.#refunds.values()) }
  }

  async #call(): Promise<string> {
    this.#calls += 1
    const call = String(this.#calls)
    await Promise.resolve()
    if (this.#calls === unheardAt) throw new Error('The bank does not answer.')
    return call
  }
}
