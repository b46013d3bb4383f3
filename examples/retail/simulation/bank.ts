import {
  type CardMovement,
  type CardOutcome,
  type ChargeReversal,
  type PaymentProvider,
  PaymentTrouble,
  type ReversalOutcome
} from '../billing/payment-provider.ts'
import { findTestCard } from '../sandbox/test-cards.ts'

/** Money that has moved. */
export interface Moved {
  readonly reference: string
  readonly card: string
  readonly pence: number
}

type Kind = 'charge' | 'refund'

interface Answered {
  readonly asked: string
  readonly outcome: CardOutcome
}

const never = <Result>(): Promise<Result> => new Promise(() => undefined)

/**
 * A payment provider in memory that knows the sandbox's test cards: what it was asked under a key it does once, and
 * the same key gets the same answer. Time has no place in it, so a late answer comes at once.
 */
export class Bank implements PaymentProvider {
  /** What was taken, and what was given back, by idempotency key. */
  readonly charges: Map<string, Moved> = new Map()
  readonly refunds: Map<string, Moved> = new Map()
  /** Keys under which two different things were asked. */
  readonly misused: string[] = []
  readonly #answers = new Map<string, Answered>()
  readonly #attempts = new Map<string, number>()

  async charge(movement: CardMovement): Promise<CardOutcome> {
    return this.#move('charge', movement)
  }

  async refund(movement: CardMovement): Promise<CardOutcome> {
    return this.#move('refund', movement)
  }

  async reverse({ chargeKey }: ChargeReversal): Promise<ReversalOutcome> {
    const charge = this.charges.get(chargeKey)
    if (charge) {
      const key = `reversal:${chargeKey}`
      this.refunds.set(key, charge)
      return { outcome: 'reversed', providerId: key, pence: charge.pence }
    }
    if (!this.#answers.has(chargeKey))
      this.#answers.set(chargeKey, { asked: '', outcome: { outcome: 'declined', reason: 'reversed' } })
    return { outcome: 'nothing charged' }
  }

  /** What two worlds are compared by. How often something was asked may differ. */
  toJSON(): unknown {
    return { charges: Object.fromEntries(this.charges), refunds: Object.fromEntries(this.refunds) }
  }

  #move(kind: Kind, movement: CardMovement): CardOutcome | Promise<CardOutcome> {
    const { card, pence, reference, idempotencyKey: key } = movement
    const asked = `${kind} ${card} ${pence} ${reference}`
    const answered = this.#answers.get(key)
    if (answered) {
      if (answered.asked === '' || answered.asked === asked) return answered.outcome
      this.misused.push(key)
      throw new PaymentTrouble(`${key} was used for ${answered.asked}, not for ${asked}`, {
        retriable: false
      })
    }
    const behaviour = findTestCard(card)?.[kind] ?? { does: 'refuse' as const }
    switch (behaviour.does) {
      case 'approve':
      case 'approve late':
        return this.#approve(kind, asked, movement)
      case 'decline': {
        const outcome: CardOutcome = { outcome: 'declined', reason: behaviour.reason }
        this.#answers.set(key, { asked, outcome })
        return outcome
      }
      case 'fall silent':
        if (behaviour.recorded) this.#approve(kind, asked, movement)
        return never()
      case 'fail first': {
        const attempts = (this.#attempts.get(key) ?? 0) + 1
        this.#attempts.set(key, attempts)
        if (attempts > behaviour.times) return this.#approve(kind, asked, movement)
        throw new PaymentTrouble('not now', { retriable: true, status: behaviour.status })
      }
      case 'fail always':
        throw new PaymentTrouble('not now', { retriable: true, status: behaviour.status })
      case 'refuse':
        throw new PaymentTrouble('no such card', { retriable: false, status: 400 })
    }
  }

  #approve(kind: Kind, asked: string, movement: CardMovement): CardOutcome {
    const { card, pence, reference, idempotencyKey: key } = movement
    const outcome: CardOutcome = { outcome: 'approved', providerId: key }
    this.#answers.set(key, { asked, outcome })
    const moved = kind === 'charge' ? this.charges : this.refunds
    moved.set(key, { reference, card, pence })
    return outcome
  }
}
