import { type Actor, actor, type EffectPolicy } from 'skerry'
import type { Bank } from './bank.ts'
import {
  PaymentRequested,
  RecordDecline,
  RecordPayment,
  RecordRefund,
  RefundRequested
} from './own-messages.ts'

// #region policy
const policy: EffectPolicy = {
  timeout: { seconds: 5 },
  retry: { attempts: 4, base: { ms: 50 }, max: { ms: 400 } },
  breaker: { failures: 20, pause: { seconds: 10 } },
  bulkhead: 8
}
// #endregion

// #region desk
/** Asks the bank, at least once, under a key that is the same on every attempt. */
export function cardDesk(bank: Bank): Actor {
  return actor('card-desk')
    .effect(PaymentRequested, policy, async ({ rideId, card, pence }, { idempotencyKey, signal }) => {
      const verdict = await bank.charge({ card, pence, idempotencyKey, signal })
      return 'receipt' in verdict
        ? RecordPayment.for(rideId, { receipt: verdict.receipt })
        : RecordDecline.for(rideId, { reason: verdict.declined })
    })
    .effect(RefundRequested, policy, async ({ rideId, receipt }, { idempotencyKey, signal }) =>
      RecordRefund.for(rideId, { receipt: await bank.refund({ receipt, idempotencyKey, signal }) })
    )
}
// #endregion
