/** What the sandbox bank behind a test card does with one request. */
export type CardBehaviour =
  | { readonly does: 'approve' }
  | { readonly does: 'decline'; readonly reason: string }
  | { readonly does: 'approve late' }
  | { readonly does: 'fall silent'; readonly recorded: boolean }
  | { readonly does: 'fail first'; readonly status: 500 | 503; readonly times: number }
  | { readonly does: 'fail always'; readonly status: 500 | 503 }
  | { readonly does: 'refuse' }

/** One test card: its number, what it is for in words for a person, and what it does. */
export type TestCard = {
  readonly number: string
  readonly meaning: string
  readonly charge: CardBehaviour
  readonly refund: CardBehaviour
}

const approve = { does: 'approve' } as const

const both = (number: string, behaviour: CardBehaviour, meaning: string): TestCard => ({
  number,
  meaning,
  charge: behaviour,
  refund: behaviour
})

/**
 * Every card the sandbox provider takes, by the name code uses for it. All other numbers are refused, so that
 * nobody's real card ends up in a demo database. No number here passes the check digit test of real cards.
 */
export const testCards = {
  approved: both('4000000000000001', approve, 'Charges and refunds are approved at once.'),
  insufficientFunds: {
    number: '4000000000000003',
    meaning: 'Charges are declined for insufficient funds; refunds are approved.',
    charge: { does: 'decline', reason: 'insufficient-funds' },
    refund: approve
  },
  refundDeclined: {
    number: '4000000000000004',
    meaning: 'Charges are approved; refunds are declined because the account was closed.',
    charge: approve,
    refund: { does: 'decline', reason: 'account-closed' }
  },
  late: both(
    '4000000000000005',
    { does: 'approve late' },
    'Approved late, also when the client has stopped waiting by then.'
  ),
  silentCharged: both(
    '4000000000000006',
    { does: 'fall silent', recorded: true },
    'The money moves, but the first request is never answered; a repeat with the same key is.'
  ),
  silentNotCharged: both(
    '4000000000000007',
    { does: 'fall silent', recorded: false },
    'No request is ever answered and no money moves.'
  ),
  unavailableTwice: both(
    '4000000000000008',
    { does: 'fail first', status: 503, times: 2 },
    'Answers 503 to the first two requests with a key, then approves.'
  ),
  brokenOnce: both(
    '4000000000000009',
    { does: 'fail first', status: 500, times: 1 },
    'Answers 500 to the first request with a key, then approves.'
  ),
  unavailable: both(
    '4000000000000011',
    { does: 'fail always', status: 503 },
    'Always answers 503; no money moves.'
  ),
  refused: both('4000000000000012', { does: 'refuse' }, 'Refused with 400 as no number a card can have.')
} as const satisfies Record<string, TestCard>

const byNumber: ReadonlyMap<string, TestCard> = new Map(
  Object.values(testCards).map((card): [string, TestCard] => [card.number, card])
)

/** The test card of that number, or undefined when the sandbox does not know it. */
export function findTestCard(number: string): TestCard | undefined {
  return byNumber.get(number)
}
