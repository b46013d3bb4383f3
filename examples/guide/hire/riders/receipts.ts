import { type Actor, actor, projection } from 'skerry'
import { RideConfirmed } from '../rides/contract.ts'
import { RecordBounce, RiderRegistered } from './contract.ts'

export interface Post {
  send(mail: { to: string; subject: string; messageId: string; signal: AbortSignal }): Promise<void>
}

// #region receipts
export const addresses = projection<{ email: string }>('addresses').on(
  RiderRegistered,
  ({ riderId }) => riderId,
  (_, { email }) => ({ email })
)

/** Mails each rider a receipt. What the post will not take is recorded, and nothing waits for it. */
export function receipts(post: Post): Actor {
  return actor('receipts').effect(
    RideConfirmed,
    {
      key: ({ riderId }) => riderId,
      retry: { attempts: 3 },
      fallback: ({ rideId, riderId }, _meta, reason) => RecordBounce.for(riderId, { rideId, reason })
    },
    async ({ rideId, riderId, receipt }, { idempotencyKey, signal, rows }) => {
      const to = (await rows(addresses, [riderId])).get(riderId)?.email
      if (to === undefined) return RecordBounce.for(riderId, { rideId, reason: 'There is no address.' })
      await post.send({ to, subject: `Your receipt ${receipt}`, messageId: idempotencyKey, signal })
      return undefined
    }
  )
}
// #endregion
