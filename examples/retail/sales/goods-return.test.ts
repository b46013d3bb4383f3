import { given } from 'skerry/testing'
import { test } from 'vitest'
import { ReturnAccepted, ReturnCompleted, ReturnGoods, ReturnReceived, ReturnRefunded } from './contract.ts'
import { goodsReturn } from './goods-return.ts'
import { RecordReceipt, RecordRefund } from './own-commands.ts'

const holder = { stockCode: '85123A', name: 'HEART HOLDER', quantity: 2, unitPence: 255 }
const discount = { stockCode: 'D', name: 'Discount', quantity: 1, unitPence: 2750 }
const card = '4000000000000001'
const who = { returnId: 'C536379', customerId: '14527' }

const accepted = ReturnAccepted({
  ...who,
  card,
  lines: [
    { ...holder, kind: 'product' },
    { ...discount, kind: 'service' }
  ],
  items: [{ stockCode: '85123A', quantity: 2 }],
  refundPence: 3260
})

test('a return is accepted on its own word, with what is refunded and what comes back', () => {
  given(goodsReturn)
    .when(ReturnGoods.for('C536379', { customerId: '14527', card, lines: [holder, discount] }))
    .then(accepted)
    .when(ReturnGoods.for('C536379', { customerId: '14527', card, lines: [holder] }))
    .thenRefused('illegal-state')
})

test('a return is completed when money and goods have both arrived, whichever comes first', () => {
  given(goodsReturn, accepted)
    .when(RecordRefund.for('C536379', {}))
    .then(ReturnRefunded(who))
    .when(RecordRefund.for('C536379', {}))
    .thenRefused('already-refunded')
    .when(RecordReceipt.for('C536379', {}))
    .then(ReturnCompleted(who))
    .thenStatus('completed')
  given(goodsReturn, accepted)
    .when(RecordReceipt.for('C536379', {}))
    .then(ReturnReceived(who))
    .when(RecordReceipt.for('C536379', {}))
    .thenRefused('already-received')
    .when(RecordRefund.for('C536379', {}))
    .then(ReturnCompleted(who))
})

test('a return of services waits for its refund only', () => {
  const services = ReturnAccepted({
    ...who,
    card,
    lines: [{ ...discount, kind: 'service' }],
    items: [],
    refundPence: 2750
  })
  given(goodsReturn)
    .when(ReturnGoods.for('C536379', { customerId: '14527', card, lines: [discount] }))
    .then(services)
    .when(RecordRefund.for('C536379', {}))
    .then(ReturnCompleted(who))
})

test('a refund beyond what is exact is refused', () => {
  const lines = [{ ...holder, quantity: 10_000_000, unitPence: 101 }]
  given(goodsReturn)
    .when(ReturnGoods.for('C1', { customerId: '14527', card, lines }))
    .thenRefused('total-too-large')
})
