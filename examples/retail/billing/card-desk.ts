import { type Actor, actor, type EffectContext, type EffectPolicy } from 'skerry'
import {
  AbandonCharge,
  ChargeRequested,
  ConfirmCharge,
  ConfirmRefund,
  DeclineCharge,
  DeclineRefund,
  RefundRequested
} from './own-messages.ts'
import { type CardOutcome, type PaymentProvider, PaymentTrouble } from './payment-provider.ts'

/** Whom billing asks for verdicts, and how patiently. */
export interface PaymentOptions {
  readonly provider: PaymentProvider
  /** A charge without a verdict for this long, and after 4 attempts, or after 20, is given up and reversed. Default 45 s. */
  readonly patienceMs?: number
  /** One attempt may take this long. Default 6 s. */
  readonly attemptMs?: number
}

/** So many attempts are made before a charge is given up, however long they took, and no more, however short. */
const attemptsMin = 4
const attemptsMax = 20

/** The key under which the provider knows the charge for an order; the reversal names it. */
export const chargeKey = (orderId: string): string => `charge:${orderId}`

/** How outside calls to the provider are guarded: far more attempts than patience, so that nothing is parked early. */
export function providerPolicy(attemptMs = 6_000): EffectPolicy {
  return {
    timeout: { ms: attemptMs },
    retry: { attempts: 1_000, base: { ms: 200 }, max: { seconds: 5 } },
    breaker: { failures: 30, pause: { seconds: 2 } },
    bulkhead: 32
  }
}

/** True when the request itself is wrong: nothing has happened, and asking again could only repeat the answer. */
function isFinal(trouble: unknown): trouble is PaymentTrouble {
  return trouble instanceof PaymentTrouble && !trouble.retriable
}

/**
 * Whether enough was tried for long enough. Asked before an attempt: one that never ends could not say so itself. A
 * clock that was set back since the charge was asked for makes the time look short, but attempts are counted.
 */
function hasLostPatience({ attempt, nowMs, meta }: EffectContext, patienceMs: number): boolean {
  return attempt > attemptsMin && (attempt > attemptsMax || nowMs - meta.timeMs >= patienceMs)
}

/**
 * Asks the payment provider for money, and gives it back: at least once, under a key of the charge or refund, so that
 * the money moves once. A charge without a verdict is abandoned in the end; a refund is tried until there is one.
 */
export function cardDesk({ provider, patienceMs = 45_000, attemptMs }: PaymentOptions): Actor {
  const policy = providerPolicy(attemptMs)
  return actor('card-desk')
    .effect(
      ChargeRequested,
      {
        ...policy,
        fallback: ({ orderId }, _, reason) => AbandonCharge.for(orderId, { reason: reason.slice(0, 500) })
      },
      async ({ orderId, card, pence }, context) => {
        if (hasLostPatience(context, patienceMs)) {
          const reason = `The payment provider gave no verdict in ${context.attempt - 1} attempts.`
          return AbandonCharge.for(orderId, { reason })
        }
        const { signal } = context
        let verdict: CardOutcome
        try {
          const idempotencyKey = chargeKey(orderId)
          verdict = await provider.charge({ card, pence, reference: orderId, idempotencyKey, signal })
        } catch (trouble) {
          if (!isFinal(trouble)) throw trouble
          return AbandonCharge.for(orderId, { reason: trouble.message.slice(0, 500) })
        }
        return verdict.outcome === 'approved'
          ? ConfirmCharge.for(orderId, { providerId: verdict.providerId })
          : DeclineCharge.for(orderId, { reason: verdict.reason.slice(0, 500) })
      }
    )
    .effect(RefundRequested, policy, async ({ refundId, card, pence, attempt }, { signal }) => {
      let verdict: CardOutcome
      try {
        const idempotencyKey = `refund:${refundId}:${attempt}`
        verdict = await provider.refund({ card, pence, reference: refundId, idempotencyKey, signal })
      } catch (trouble) {
        if (!isFinal(trouble)) throw trouble
        return DeclineRefund.for(refundId, { reason: trouble.message.slice(0, 500) })
      }
      return verdict.outcome === 'approved'
        ? ConfirmRefund.for(refundId, { providerId: verdict.providerId })
        : DeclineRefund.for(refundId, { reason: verdict.reason.slice(0, 500) })
    })
}
