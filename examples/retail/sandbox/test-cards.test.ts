import { expect, test } from 'vitest'
import { findTestCard, testCards } from './test-cards.ts'

function passesCheckDigit(number: string): boolean {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 1 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}

const cards = Object.values(testCards)

test('every test card has its own number and a meaning in words', () => {
  expect(cards.length).toBeGreaterThanOrEqual(8)
  expect(new Set(cards.map(({ number }) => number)).size).toBe(cards.length)
  for (const card of cards) {
    expect(card.meaning.length).toBeGreaterThan(20)
    expect(findTestCard(card.number)).toBe(card)
  }
})

test('no test card could be a real card', () => {
  expect(passesCheckDigit('4242424242424242')).toBe(true)
  expect(cards.filter(({ number }) => passesCheckDigit(number))).toEqual([])
})
