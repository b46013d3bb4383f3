import { given, perform } from 'skerry/testing'
import { expect, test } from 'vitest'
import { RideConfirmed } from '../rides/contract.ts'
import { RecordBounce } from './contract.ts'
import { receipts } from './receipts.ts'

const confirmed = RideConfirmed({ rideId: 'r-1', riderId: 'ann', receipt: 'c-1' })
const rows = { addresses: { ann: { email: 'ann@example.org' } } }

// #region perform
test('a receipt goes to the address that the service knows, under the key of its event', async () => {
  const sent: object[] = []
  const desk = receipts({ send: async ({ to, messageId }) => void sent.push({ to, messageId }) })
  const said = await perform(desk, confirmed, { rows, idempotencyKey: 'rides:11:2' })
  expect(said).toEqual([])
  expect(sent).toEqual([{ to: 'ann@example.org', messageId: 'rides:11:2' }])
})

test('a post that stays broken is recorded and not waited for', () => {
  given(receipts({ send: () => Promise.reject(new Error('It is closed.')) }))
    .whenEffectFails(confirmed, 'It is closed.')
    .then(RecordBounce.for('ann', { rideId: 'r-1', reason: 'It is closed.' }))
})
// #endregion

test('a rider without an address is recorded too', async () => {
  const desk = receipts({ send: () => Promise.reject(new Error('Nothing is to be sent.')) })
  expect(await perform(desk, confirmed)).toEqual([
    RecordBounce.for('ann', { rideId: 'r-1', reason: 'There is no address.' })
  ])
})
