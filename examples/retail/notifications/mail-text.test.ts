import { expect, test } from 'vitest'
import { cancellationText, confirmationText, pounds } from './mail-text.ts'

const order = {
  orderId: '536365',
  customerId: '17850',
  email: '',
  country: 'EIRE',
  lines: [
    { stockCode: '85123A', name: 'old name', quantity: 6, unitPence: 255, kind: 'product' as const },
    { stockCode: '22139', name: 'TEA SET', quantity: 2, unitPence: 0, kind: 'product' as const },
    { stockCode: '71053', name: '', quantity: 1, unitPence: 339, kind: 'product' as const },
    { stockCode: 'POST', name: 'POSTAGE', quantity: 1, unitPence: 123_456, kind: 'service' as const }
  ],
  items: [],
  totalPence: 125_325
}

test('money is read as pounds', () => {
  expect([0, 5, 100, 1_530, 123_456, 25_815_428].map(pounds)).toEqual([
    '£0.00',
    '£0.05',
    '£1.00',
    '£15.30',
    '£1,234.56',
    '£258,154.28'
  ])
})

test('a confirmation names products as they are called now, or else as they were ordered, or else by code', () => {
  const { subject, text } = confirmationText(order, new Map([['85123A', 'CREAM HOLDER']]))
  expect(subject).toBe('Your order 536365 is confirmed')
  expect(text.split('\n')).toEqual([
    'Thank you for your order.',
    '',
    '  6 x CREAM HOLDER (85123A): £15.30',
    '  2 x TEA SET (22139): free',
    '  1 x 71053 (71053): £3.39',
    '  1 x POSTAGE (POST): £1,234.56',
    '',
    'Total: £1,253.25, paid. It leaves our house today to EIRE.'
  ])
})

test('a cancellation says why, in words, and that the money comes back', () => {
  const { subject, text } = cancellationText({ ...order, reason: 'out-of-stock' }, new Map())
  expect(subject).toBe('Your order 536365 is cancelled')
  expect(text).toContain('Not everything you ordered is in stock')
  expect(text).toContain('is given back')
  expect(text).toContain('6 x old name (85123A)')
  const own = cancellationText({ ...order, reason: 'bought elsewhere' }, new Map())
  expect(own.text).toContain('Reason: bought elsewhere')
})
