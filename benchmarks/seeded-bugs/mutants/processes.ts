import type { Mutant } from '../mutant.ts'

/** Bugs of what several services do together: compensations, ends, refusals. */
export const processMutants: readonly Mutant[] = [
  {
    sample: 'accounts',
    name: 'debit-stays',
    kind: 'missing compensation',
    wrong: 'A debit is not returned when the credit is refused.',
    edits: [
      ['.undo(({ from, transferId, pence }) => ReturnDebit.for(from, { transferId, pence }))', '.stays()']
    ]
  },
  {
    sample: 'stock',
    name: 'hold-stays',
    kind: 'missing compensation',
    wrong: 'What was held for a cancelled order stays held.',
    edits: [
      [
        '.undo((order) => Release.for(order.item, { orderId: order.orderId, quantity: order.quantity }))',
        '.stays()'
      ]
    ]
  },
  {
    sample: 'trips',
    name: 'no-refund',
    kind: 'missing compensation',
    wrong: 'Who cancels after paying does not get the money back.',
    edits: [['.undo(({ tripId }) => RefundPayment.for(tripId, {}))', '.stays()']]
  },
  {
    sample: 'seats',
    name: 'seat-stays-held',
    kind: 'missing compensation',
    wrong: 'The seat of a booking that nobody paid is held for ever.',
    edits: [['.undo(({ seat, bookingId }) => FreeSeat.for(seat, { bookingId }))', '.stays()']]
  },
  {
    sample: 'coupons',
    name: 'coupon-stays-used',
    kind: 'missing compensation',
    wrong: 'The coupon of an abandoned basket stays used.',
    edits: [['.undo(({ code, basketId }) => Restore.for(code, { basketId }))', '.stays()']]
  },
  {
    sample: 'quotes',
    name: 'cover-stays-reserved',
    kind: 'missing compensation',
    wrong: 'The cover of an expired quote is never freed.',
    edits: [["\n  .on(QuoteExpired, (deal) => Free.for('pounds', deal))", '']]
  },
  {
    sample: 'accounts',
    name: 'debit-returned-with-fee',
    kind: 'wrong compensation',
    wrong: 'What is given back is less than what was taken.',
    edits: [
      [
        'ReturnDebit.for(from, { transferId, pence }))',
        'ReturnDebit.for(from, { transferId, pence: Math.ceil(pence * 0.99) }))'
      ]
    ]
  },
  {
    sample: 'stock',
    name: 'one-released',
    kind: 'wrong compensation',
    wrong: 'One piece is released, however many were held.',
    edits: [
      [
        'Release.for(order.item, { orderId: order.orderId, quantity: order.quantity })',
        'Release.for(order.item, { orderId: order.orderId, quantity: 1 })'
      ]
    ]
  },
  {
    sample: 'accounts',
    name: 'debit-returned-twice',
    kind: 'double compensation',
    wrong: 'The debit is returned by the step, and once more when the process has failed.',
    edits: [
      [
        '.fails(({ transferId }, { why }) => TransferEnded({ transferId, how: why }))',
        ".fails(({ transferId, from, pence }, { why, step }) => [\n    ...(step === 'credit' ? [ReturnDebit.for(from, { transferId, pence })] : []),\n    TransferEnded({ transferId, how: why })\n  ])"
      ]
    ]
  },
  {
    sample: 'trips',
    name: 'room-released-for-others',
    kind: 'double compensation',
    wrong: 'A failed booking releases the room, also when somebody else has it by then.',
    edits: [
      [
        ".fails(({ tripId }, { why }) => (why === 'cancelled' ? [] : CancelTrip.for(tripId, {})))",
        ".fails((wish, { why }) => [\n    ReleaseRoom.for(wish.room, { tripId: wish.tripId }),\n    ...(why === 'cancelled' ? [] : [CancelTrip.for(wish.tripId, {})])\n  ])"
      ]
    ]
  },
  {
    sample: 'coupons',
    name: 'sold-before-redeemed',
    kind: 'acknowledged too early',
    wrong: 'The basket is sold while the coupon is still being redeemed, and it may be used up.',
    edits: [["\n      .after('redeem')", '']]
  },
  {
    sample: 'claims',
    name: 'paid-before-assessed',
    kind: 'acknowledged too early',
    wrong: 'A claim is paid when the money is set aside, whatever the assessor says.',
    edits: [[".after('reserve', 'assess')", ".after('reserve')"]]
  },
  {
    sample: 'accounts',
    name: 'credit-without-a-step',
    kind: 'ignored refusal',
    wrong: 'The credit is sent when all is done, so nobody hears that the account is closed.',
    edits: [
      [
        "  .step('credit', (step) =>\n    step\n      .after('debit')\n      .send(({ to, transferId, pence }) => Credit.for(to, { transferId, pence }))\n      .doneBy(Credited, byTransfer)\n      .undo(({ to, transferId, pence }) => Debit.for(to, { transferId: `${transferId} back`, pence }))\n      .timeout({ hours: 1 })\n  )\n",
        ''
      ],
      [
        ".completes(({ transferId }) => TransferEnded({ transferId, how: 'settled' }))",
        ".completes(({ transferId, to, pence }) => [\n    Credit.for(to, { transferId, pence }),\n    TransferEnded({ transferId, how: 'settled' })\n  ])"
      ]
    ]
  },
  {
    sample: 'signup',
    name: 'one-letter-a-person',
    kind: 'ignored refusal',
    wrong: 'A letter has the key of its person: the second one is refused, and nobody hears of it.',
    edits: [
      ['({ person, email }, { id }) =>', '({ person, email }) =>'],
      ['`change-${id}`', '`welcome-${person}`']
    ]
  },
  {
    sample: 'auctions',
    name: 'low-bid-refused',
    kind: 'ignored refusal',
    wrong: 'A lot refuses a low bid that is paid already; the actor that sent it is not told.',
    edits: [
      [': BidPlaced({ lot: key, best, beaten: bid })', ": refuse('too-low', 'Somebody has offered more.')"]
    ]
  },
  {
    sample: 'quotes',
    name: 'quoted-again-for-ever',
    kind: 'endless retry',
    wrong: 'Whenever a quote expires, a new one is asked for, which expires too.',
    edits: [
      [
        "  .on(QuoteExpired, (deal) => Free.for('pounds', deal))",
        "  .on(QuoteExpired, (deal, { id }) => [\n    Free.for('pounds', deal),\n    AskQuote.for(`after-${id}`, { pence: deal.pence })\n  ])"
      ]
    ]
  },
  {
    sample: 'parcels',
    name: 'delivered-for-ever',
    kind: 'endless retry',
    wrong: 'No attempt is the last one, so a parcel that nobody takes is on its way for ever.',
    edits: [['isLast: attempts >= attemptsMax', 'isLast: attempts < 0 && attempts >= attemptsMax']]
  },
  {
    sample: 'seats',
    name: 'payment-without-timeout',
    kind: 'endless process',
    wrong: 'A sale waits for its payment for ever.',
    edits: [['.stays().timeout({ minutes: 15 })', '.stays()']]
  },
  {
    sample: 'claims',
    name: 'assessment-without-timeout',
    kind: 'endless process',
    wrong: 'A claim that nobody looks at waits for ever, and its money with it.',
    edits: [['.stays().timeout({ days: 30 })', '.stays()']]
  },
  {
    sample: 'loans',
    name: 'loan-without-end',
    kind: 'endless process',
    wrong: 'A loan is waited for without an end; nobody is ever reminded.',
    edits: [['.stays().timeout({ days: 28 })', '.stays()']]
  },
  {
    sample: 'stock',
    name: 'cancelled-and-confirmed',
    kind: 'race',
    wrong: 'An order that was cancelled a moment ago can still be confirmed.',
    edits: [
      [
        "evolve(OrderConfirmed, { from: 'placed', to: 'confirmed' }",
        "evolve(OrderConfirmed, { from: ['placed', 'cancelled'], to: 'confirmed' }"
      ],
      [
        ".on(ConfirmOrder, { from: 'placed', emits",
        ".on(ConfirmOrder, { from: ['placed', 'cancelled'], emits"
      ]
    ]
  },
  {
    sample: 'quotes',
    name: 'expired-and-accepted',
    kind: 'race',
    wrong: 'A quote can be accepted when its time has run out.',
    edits: [
      [
        "evolve(QuoteAccepted, { from: 'given', to: 'accepted' }",
        "evolve(QuoteAccepted, { from: ['given', 'expired'], to: 'accepted' }"
      ],
      [".on(AcceptQuote, { from: 'given', emits", ".on(AcceptQuote, { from: ['given', 'expired'], emits"]
    ]
  },
  {
    sample: 'quotes',
    name: 'accepted-and-expired',
    kind: 'race',
    wrong: 'A quote that was accepted in the last moment still expires.',
    edits: [
      [
        "evolve(QuoteExpired, { from: 'given', to: 'expired' }",
        "evolve(QuoteExpired, { from: ['given', 'accepted'], to: 'expired' }"
      ],
      [".on(ExpireQuote, { from: 'given', emits", ".on(ExpireQuote, { from: ['given', 'accepted'], emits"]
    ]
  },
  {
    sample: 'subscriptions',
    name: 'cancelled-and-activated',
    kind: 'race',
    wrong: 'A trial that is cancelled in its last moment is activated, and charged.',
    edits: [
      [
        ".evolve(PlanActivated, { from: 'trial', to: 'active' }",
        ".evolve(PlanActivated, { from: ['trial', 'cancelled'], to: 'active' }"
      ],
      [".on(ActivatePlan, { from: 'trial', emits", ".on(ActivatePlan, { from: ['trial', 'cancelled'], emits"]
    ]
  },
  {
    sample: 'seats',
    name: 'seat-taken-for-the-booking',
    kind: 'wrong key',
    wrong: 'The process looks for itself under the seat, and never hears that it is held.',
    edits: [['.doneBy(SeatHeld, byBooking)', '.doneBy(SeatHeld, ({ seat }) => seat)']]
  },
  {
    sample: 'claims',
    name: 'put-back-elsewhere',
    kind: 'wrong key',
    wrong: 'Money that was set aside is put back into a fund that does not exist.',
    edits: [['PutBack.for(wish.fund, {', 'PutBack.for(wish.claimId, {']]
  },
  {
    sample: 'loyalty',
    name: 'taken-back-not-heard',
    kind: 'forgotten event',
    wrong: 'Nobody takes the points of what is brought back.',
    edits: [
      [
        '\n  .on(TakenBack, ({ saleId, customer, pence }) =>\n    TakePoints.for(customer, { saleId, points: pointsOf(pence) })\n  )',
        ''
      ]
    ]
  }
]
