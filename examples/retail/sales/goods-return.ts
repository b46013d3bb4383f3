import { refuse, stateMachine } from 'skerry'
import { ReturnAccepted, ReturnCompleted, ReturnGoods, ReturnReceived, ReturnRefunded } from './contract.ts'
import { itemsOf, totalOf, totalPenceMax, withKinds } from './lines.ts'
import { RecordReceipt, RecordRefund } from './own-commands.ts'

type GoodsReturn =
  | { status: 'new' }
  | { status: 'accepted'; returnId: string; customerId: string; refunded: boolean; received: boolean }
  | { status: 'completed'; returnId: string; customerId: string }

/**
 * A return, by its id. It is accepted on the customer's word: what comes back may have been bought before this
 * shop kept books. Refund and goods arrive in any order; a return without goods waits for its refund only.
 */
export const goodsReturn = stateMachine<GoodsReturn>('return', { status: 'new' })
  .evolve(ReturnAccepted, { from: 'new', to: 'accepted' }, (_, { returnId, customerId, items }) => ({
    status: 'accepted',
    returnId,
    customerId,
    refunded: false,
    received: items.length === 0
  }))
  .evolve(ReturnRefunded, { from: 'accepted', to: 'accepted' }, (state) => ({ ...state, refunded: true }))
  .evolve(ReturnReceived, { from: 'accepted', to: 'accepted' }, (state) => ({ ...state, received: true }))
  .evolve(ReturnCompleted, { from: 'accepted', to: 'completed' }, (_, facts) => ({
    status: 'completed',
    ...facts
  }))

  .on(ReturnGoods, { from: 'new', emits: ReturnAccepted }, (_, command, { key }) => {
    const { lines } = command
    const refundPence = totalOf(lines)
    return refundPence > totalPenceMax
      ? refuse('total-too-large', 'Returns above 10 million pounds are agreed in person.', { totalPenceMax })
      : ReturnAccepted({
          ...command,
          returnId: key,
          lines: withKinds(lines),
          items: itemsOf(lines),
          refundPence
        })
  })
  .on(RecordRefund, { from: 'accepted', emits: [ReturnRefunded, ReturnCompleted] }, (state) => {
    const { returnId, customerId, refunded, received } = state
    if (refunded) return refuse('already-refunded', `Return ${returnId} is already refunded.`)
    return received ? ReturnCompleted({ returnId, customerId }) : ReturnRefunded({ returnId, customerId })
  })
  .on(RecordReceipt, { from: 'accepted', emits: [ReturnReceived, ReturnCompleted] }, (state) => {
    const { returnId, customerId, refunded, received } = state
    if (received) return refuse('already-received', `The goods of return ${returnId} are already back.`)
    return refunded ? ReturnCompleted({ returnId, customerId }) : ReturnReceived({ returnId, customerId })
  })
