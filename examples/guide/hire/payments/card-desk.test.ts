import { perform } from 'skerry/testing'
import { expect, test } from 'vitest'
import { startSandboxBank } from '../bank/sandbox-bank.ts'
import { bankAt } from './bank.ts'
import { cardDesk } from './card-desk.ts'
import { PaymentRequested, RecordDecline, RecordPayment } from './own-messages.ts'

// #region effect
test('however often the bank is asked, it takes the money once and gives one receipt', async () => {
  const bank = await startSandboxBank()
  const desk = cardDesk(bankAt(bank.url))
  const request = PaymentRequested({ rideId: 'r-1', riderId: 'ann', card: '4000', pence: 180 })
  const first = await perform(desk, request, { idempotencyKey: 'payments:3:7' })
  const second = await perform(desk, request, { idempotencyKey: 'payments:3:7', attempt: 2 })
  expect(first).toEqual([RecordPayment.for('r-1', { receipt: 'c-1' })])
  expect(second).toEqual(first)
  await bank.close()
})
// #endregion

test('a card that the bank declines is a decline; a bank that breaks is tried again', async () => {
  const bank = await startSandboxBank()
  const desk = cardDesk(bankAt(bank.url))
  const by = (card: string) => PaymentRequested({ rideId: 'r-1', riderId: 'ann', card, pence: 180 })
  expect(await perform(desk, by('4000-declined'))).toEqual([
    RecordDecline.for('r-1', { reason: 'insufficient funds' })
  ])
  await expect(perform(desk, by('4000-broken'))).rejects.toThrow('The bank answered 500.')
  await bank.close()
})
