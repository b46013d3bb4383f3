import { type Actor, actor, type EffectContext, type EffectPolicy } from 'skerry'
import { type CardOutcome, chargeCard, PaymentTrouble, refundCard } from '../sandbox/payment-client.ts'
import {
  AbandonCharge,
  ChargeRequested,
  ConfirmCharge,
  ConfirmRefund,
  DeclineCharge,
  DeclineRefund,
  RefundRequested
} from './own-messages.ts'

/** Where and how patiently billing asks for verdicts. */
export interface PaymentOptions {
  /** Where the provider listens now. */
  readonly providerUrl: () => string
  /** A charge without a verdict for this long, and after some attempts, is given up and reversed. Default 45 s. */
  readonly patienceMs?: number
  /** One attempt may take this long. Default 6 s. */
  readonly attemptMs?: number
}

const attemptsMin = 4

/** The key under which the provider knows the charge for an order; the reversal names it. */
export const chargeKey = (orderId: string): string => `charge:${orderId}`

/**
 * How outside calls to the provider are guarded: far more attempts than patience, so that nothing is parked early.
 * An attempt ends by its own signal first, so that what it then decides is heard.
 */
export function providerPolicy(attemptMs: number): EffectPolicy {
  return {
    timeout: { ms: attemptMs + 2_000 },
    retry: { attempts: 1_000, base: { ms: 200 }, max: { seconds: 5 } },
    breaker: { failures: 30, pause: { seconds: 2 } },
    bulkhead: 32
  }
}

/** Ends after `attemptMs`, or when the given signal does. */
export function within(attemptMs: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(attemptMs)])
}

/** True when the request itself is wrong: nothing has happened, and asking again could only repeat the answer. */
function isFinal(trouble: unknown): trouble is PaymentTrouble {
  return trouble instanceof PaymentTrouble && !trouble.retriable
}

function givesUp(trouble: unknown, { attempt, nowMs, meta }: EffectContext, patienceMs: number): boolean {
  if (isFinal(trouble)) return true
  return attempt >= attemptsMin && nowMs - meta.timeMs >= patienceMs
}

/**
 * Asks the payment provider for money, and gives it back: at least once, under a key of the charge or refund, so that
 * the money moves once. A charge without a verdict is abandoned in the end; a refund is tried until there is one.
 */
export function cardDesk({ providerUrl, patienceMs = 45_000, attemptMs = 6_000 }: PaymentOptions): Actor {
  const policy = providerPolicy(attemptMs)
  return actor('card-desk')
    .effect(
      ChargeRequested,
      {
        ...policy,
        fallback: ({ orderId }, _, reason) => AbandonCharge.for(orderId, { reason: reason.slice(0, 500) })
      },
      async ({ orderId, card, pence }, context) => {
        let verdict: CardOutcome
        try {
          verdict = await chargeCard({
            url: providerUrl(),
            card,
            pence,
            reference: orderId,
            idempotencyKey: chargeKey(orderId),
            signal: within(attemptMs, context.signal)
          })
        } catch (trouble) {
          if (!givesUp(trouble, context, patienceMs)) throw trouble
          const reason = trouble instanceof Error ? trouble.message : String(trouble)
          return AbandonCharge.for(orderId, { reason: reason.slice(0, 500) })
        }
        return verdict.outcome === 'approved'
          ? ConfirmCharge.for(orderId, { providerId: verdict.providerId })
          : DeclineCharge.for(orderId, { reason: verdict.reason.slice(0, 500) })
      }
    )
    .effect(RefundRequested, policy, async ({ refundId, card, pence, attempt }, { signal }) => {
      let verdict: CardOutcome
      try {
        verdict = await refundCard({
          url: providerUrl(),
          card,
          pence,
          reference: refundId,
          idempotencyKey: `refund:${refundId}:${attempt}`,
          signal: within(attemptMs, signal)
        })
      } catch (trouble) {
        if (!isFinal(trouble)) throw trouble
        return DeclineRefund.for(refundId, { reason: trouble.message.slice(0, 500) })
      }
      return verdict.outcome === 'approved'
        ? ConfirmRefund.for(refundId, { providerId: verdict.providerId })
        : DeclineRefund.for(refundId, { reason: verdict.reason.slice(0, 500) })
    })
}
