import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { given, perform } from 'skerry/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { paymentClient } from '../sandbox/payment-client.ts'
import { type RunningProvider, startPaymentProvider } from '../sandbox/payment-provider.ts'
import { testCards } from '../sandbox/test-cards.ts'
import { cardDesk } from './card-desk.ts'
import {
  AbandonCharge,
  ChargeAbandoned,
  ChargeRequested,
  ConfirmCharge,
  ConfirmRefund,
  DeclineCharge,
  DeclineRefund,
  RefundRequested,
  SettleAbandoned
} from './own-messages.ts'
import { reversalDesk } from './reversal-desk.ts'

const directory = mkdtempSync(join(tmpdir(), 'retail-billing-'))
let provider: RunningProvider

beforeAll(async () => {
  provider = await startPaymentProvider({ port: 0, dataFile: join(directory, 'payments.db') })
})

afterAll(async () => {
  await provider.close()
  rmSync(directory, { recursive: true })
})

const payments = { provider: paymentClient({ url: () => provider.url, deadlineMs: 300 }), patienceMs: 0 }
const desk = cardDesk(payments)
const impatient = { attempt: 5 }

const charge = (orderId: string, card: string) =>
  ChargeRequested({ orderId, customerId: '17850', card, pence: 250 })
const refund = (refundId: string, card: string, attempt = 1) =>
  RefundRequested({
    refundId,
    customerId: '17850',
    card,
    pence: 50,
    cause: { kind: 'return', id: 'C1' },
    attempt
  })

/** What the provider has really moved since, in pence. */
async function moved(work: () => Promise<void>): Promise<{ charged: number; refunded: number }> {
  const before = provider.totals()
  await work()
  const after = provider.totals()
  return { charged: after.charged - before.charged, refunded: after.refunded - before.refunded }
}

test('a charge that is tried again after its answer was lost takes the money once', async () => {
  const money = await moved(async () => {
    const first = await perform(desk, charge('a1', testCards.approved.number))
    const again = await perform(desk, charge('a1', testCards.approved.number), { attempt: 2 })
    expect(first).toEqual([ConfirmCharge.for('a1', { providerId: expect.stringMatching(/^ch_/) as string })])
    expect(again).toEqual(first)
  })
  expect(money).toEqual({ charged: 250, refunded: 0 })
})

test('a declined card is declined, with the reason of the bank', async () => {
  const said = await perform(desk, charge('a2', testCards.insufficientFunds.number))
  expect(said).toEqual([DeclineCharge.for('a2', { reason: 'insufficient-funds' })])
})

test('a card that gives no answer is tried again while there is patience, and then abandoned', async () => {
  const { number } = testCards.silentNotCharged
  await expect(perform(desk, charge('a3', number), { attempt: 4 })).rejects.toThrow('payment provider')
  const patient = cardDesk({ ...payments, patienceMs: 60_000 })
  await expect(perform(patient, charge('a3', number), impatient)).rejects.toThrow('payment provider')
  const said = await perform(desk, charge('a3', number), impatient)
  expect(said).toEqual([
    AbandonCharge.for('a3', { reason: expect.stringContaining('no verdict in 4 attempts') as string })
  ])
})

test('patience ends after twenty attempts, however little time a clock that was set back has seen', async () => {
  const patient = cardDesk({ ...payments, patienceMs: 60_000 })
  const requested = charge('a8', testCards.silentNotCharged.number)
  await expect(perform(patient, requested, { attempt: 20 })).rejects.toThrow('payment provider')
  expect(await perform(patient, requested, { attempt: 21 })).toMatchObject([{ type: 'AbandonCharge' }])
})

test('a card that the provider does not know is abandoned at the first attempt', async () => {
  const said = await perform(desk, charge('a4', '4000000000009999'))
  expect(said).toEqual([AbandonCharge.for('a4', { reason: expect.stringContaining('400') as string })])
})

test('when every attempt has failed, a charge is abandoned and not parked', () => {
  given(desk)
    .whenEffectFails(charge('a5', testCards.unavailable.number), 'no answer')
    .then(AbandonCharge.for('a5', { reason: 'no answer' }))
})

test('an abandoned charge that had taken the money gives it back, once', async () => {
  const reversal = reversalDesk(payments)
  const abandoned = ChargeAbandoned({ orderId: 'a6', reason: 'no answer' })
  const money = await moved(async () => {
    const requested = charge('a6', testCards.silentCharged.number)
    await expect(perform(desk, requested)).rejects.toThrow('payment provider')
    const said = await perform(desk, requested, impatient)
    expect(said).toMatchObject([{ type: 'AbandonCharge' }])
    const settled = [SettleAbandoned.for('a6', { reversedPence: 250 })]
    expect(await perform(reversal, abandoned)).toEqual(settled)
    expect(await perform(reversal, abandoned, { attempt: 2 })).toEqual(settled)
  })
  expect(money).toEqual({ charged: 250, refunded: 250 })
})

test('an abandoned charge that had not happened cannot happen any more', async () => {
  const reversal = reversalDesk(payments)
  const money = await moved(async () => {
    const said = await perform(reversal, ChargeAbandoned({ orderId: 'a7', reason: 'no answer' }))
    expect(said).toEqual([SettleAbandoned.for('a7', { reversedPence: 0 })])
    expect(await perform(desk, charge('a7', testCards.approved.number))).toEqual([
      DeclineCharge.for('a7', { reason: 'reversed' })
    ])
  })
  expect(money).toEqual({ charged: 0, refunded: 0 })
})

test('a refund is paid once per card that is tried, and declined when the card takes none', async () => {
  const money = await moved(async () => {
    const declined = await perform(desk, refund('r1', testCards.refundDeclined.number))
    expect(declined).toEqual([DeclineRefund.for('r1', { reason: 'account-closed' })])
    const paid = await perform(desk, refund('r1', testCards.approved.number, 2))
    expect(paid).toEqual([ConfirmRefund.for('r1', { providerId: expect.stringMatching(/^re_/) as string })])
    expect(await perform(desk, refund('r1', testCards.approved.number, 2))).toEqual(paid)
  })
  expect(money).toEqual({ charged: 0, refunded: 50 })
})

test('a refund without a verdict is tried for ever, and one to an unknown card is owed', async () => {
  await expect(perform(desk, refund('r2', testCards.unavailable.number), impatient)).rejects.toThrow('503')
  const said = await perform(desk, refund('r3', '4000000000009999'))
  expect(said).toEqual([DeclineRefund.for('r3', { reason: expect.stringContaining('400') as string })])
})
