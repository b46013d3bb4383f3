import type { EffectSignal } from 'skerry'

/** Money to be moved: `pence` is a whole number above 0, `reference` is what both sides call it. */
export interface CardMovement {
  readonly card: string
  readonly pence: number
  readonly reference: string
  /** The same key for the same movement, however often it is tried: that is what makes it happen once. */
  readonly idempotencyKey: string
  /** Stops waiting. The money may move all the same. */
  readonly signal: EffectSignal
}

/** Undoing a charge whose outcome is not known, by the key it was asked with. */
export interface ChargeReversal {
  readonly chargeKey: string
  readonly signal: EffectSignal
}

/** What the bank said. A decline is final: the same key gets the same answer again. */
export type CardOutcome =
  | { outcome: 'approved'; providerId: string }
  | { outcome: 'declined'; reason: string }

/** What a reversal found: a charge, which is now refunded, or none, and then none can happen any more. */
export type ReversalOutcome =
  | { outcome: 'reversed'; providerId: string; pence: number }
  | { outcome: 'nothing charged' }

/**
 * Who moves money for billing. Everything may be asked again with the same key and happens once; without a verdict it
 * throws, a `PaymentTrouble` when it knows more.
 */
export interface PaymentProvider {
  /** Takes the money. */
  charge(movement: CardMovement): Promise<CardOutcome>
  /** Gives money back. */
  refund(movement: CardMovement): Promise<CardOutcome>
  /** Refunds a charge if it happened, and makes certain that it cannot happen later. */
  reverse(reversal: ChargeReversal): Promise<ReversalOutcome>
}

/**
 * The provider gave no verdict. When `retriable`, the movement may or may not have happened, and the same
 * request with the same key may be sent again; otherwise the request itself is wrong and nothing has
 * happened.
 */
export class PaymentTrouble extends Error {
  override readonly name = 'PaymentTrouble'
  readonly retriable: boolean
  /** HTTP status of the answer, undefined when none came. */
  readonly status: number | undefined

  constructor(message: string, about: { retriable: boolean; status?: number; cause?: unknown }) {
    super(message, about.cause === undefined ? {} : { cause: about.cause })
    this.retriable = about.retriable
    this.status = about.status
  }
}
