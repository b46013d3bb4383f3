import { type Actor, actor } from 'skerry'
import { chargeKey, type PaymentOptions, providerPolicy } from './card-desk.ts'
import { ChargeAbandoned, SettleAbandoned } from './own-messages.ts'

/**
 * Makes certain that an abandoned charge is not taken: the provider refunds it if it happened, and refuses it from
 * then on. An actor of its own, so that a card that never answers does not hold up the charges of others.
 */
export function reversalDesk({ provider, attemptMs }: PaymentOptions): Actor {
  return actor('reversal-desk').effect(
    ChargeAbandoned,
    providerPolicy(attemptMs),
    async ({ orderId }, { signal }) => {
      const found = await provider.reverse({ chargeKey: chargeKey(orderId), signal })
      return SettleAbandoned.for(orderId, { reversedPence: found.outcome === 'reversed' ? found.pence : 0 })
    }
  )
}
