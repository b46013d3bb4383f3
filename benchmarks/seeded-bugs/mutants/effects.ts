import type { Mutant } from '../mutant.ts'

/** Bugs of what goes outside: keys, answers, and failures. */
export const effectMutants: readonly Mutant[] = [
  {
    sample: 'trips',
    name: 'charge-without-key',
    kind: 'no deduplication',
    wrong: 'The card bank is not given the idempotency key, so a repeated charge is a second one.',
    edits: [
      ['async ({ tripId, card, pence }, { idempotencyKey }) => {', 'async ({ tripId, card, pence }) => {'],
      ['bank.charge({ card, pence, idempotencyKey })', 'bank.charge({ card, pence })']
    ]
  },
  {
    sample: 'trips',
    name: 'refund-without-key',
    kind: 'no deduplication',
    wrong: 'A refund that is asked for twice is paid twice.',
    edits: [
      ['async ({ receipt, pence }, { idempotencyKey }) => {', 'async ({ receipt, pence }) => {'],
      ['bank.refund(receipt, pence, idempotencyKey)', 'bank.refund(receipt, pence)']
    ]
  },
  {
    sample: 'invoices',
    name: 'mail-without-id',
    kind: 'no deduplication',
    wrong: 'The invoice is mailed without a message id: whenever it is tried again, one more arrives.',
    edits: [
      [
        'async ({ invoiceId, email, pence }, { idempotencyKey }) => {',
        'async ({ invoiceId, email, pence }) => {'
      ],
      [
        'text: `Invoice ${invoiceId}: ${pence}`, messageId: idempotencyKey }',
        'text: `Invoice ${invoiceId}: ${pence}` }'
      ]
    ]
  },
  {
    sample: 'trips',
    name: 'charge-key-by-attempt',
    kind: 'new key on retry',
    wrong: 'The number of the attempt is part of the key, so the bank sees a new charge.',
    edits: [
      [
        '{ tripId, card, pence }, { idempotencyKey })',
        '{ tripId, card, pence }, { idempotencyKey, attempt })'
      ],
      [
        'bank.charge({ card, pence, idempotencyKey })',
        'bank.charge({ card, pence, idempotencyKey: `${idempotencyKey}/${attempt}` })'
      ]
    ]
  },
  {
    sample: 'topups',
    name: 'charge-key-drawn',
    kind: 'new key on retry',
    wrong: 'The key of a charge is drawn anew for every attempt.',
    edits: [
      ['async ({ topUpId, card, pence }, { idempotencyKey }) => {', 'async ({ topUpId, card, pence }) => {'],
      [
        'bank.charge({ card, pence, idempotencyKey })',
        'bank.charge({ card, pence, idempotencyKey: crypto.randomUUID() })'
      ]
    ]
  },
  {
    sample: 'signup',
    name: 'letter-key-by-time',
    kind: 'new key on retry',
    wrong: 'The time of the attempt is part of the message id.',
    edits: [
      [
        'async ({ letterId, email, text }, { idempotencyKey }) => {',
        'async ({ letterId, email, text }, { nowMs }) => {'
      ],
      ['messageId: idempotencyKey', 'messageId: `${letterId} ${nowMs}`']
    ]
  },
  {
    sample: 'invoices',
    name: 'one-id-for-all-reminders',
    kind: 'one key for many',
    wrong: 'Every reminder of an invoice has the same message id, so only one arrives.',
    edits: [
      [
        'async ({ invoiceId, email, times }, { idempotencyKey }) => {',
        'async ({ invoiceId, email, times }) => {'
      ],
      [
        'text: `Reminder ${times} of ${invoiceId}`, messageId: idempotencyKey',
        'text: `Reminder ${times} of ${invoiceId}`, messageId: invoiceId'
      ]
    ]
  },
  {
    sample: 'exports',
    name: 'one-key-per-employee',
    kind: 'one key for many',
    wrong: 'The line for the taxes has the key of the employee, so a second salary is taken for the first.',
    edits: [['key: `tax ${idempotencyKey}`', 'key: `tax ${employee}`']]
  },
  {
    sample: 'trips',
    name: 'charge-not-awaited',
    kind: 'acknowledged too early',
    wrong: 'The payment is recorded when the bank has been asked, not when it has answered.',
    edits: [
      [
        'const verdict = await bank.charge({ card, pence, idempotencyKey })',
        'bank.charge({ card, pence, idempotencyKey }).catch(() => undefined)'
      ],
      ["      if ('declined' in verdict) return RecordDecline.for(tripId, {})\n", ''],
      ['{ receipt: verdict.receipt }', '{ receipt: idempotencyKey }']
    ]
  },
  {
    sample: 'invoices',
    name: 'mail-not-awaited',
    kind: 'acknowledged too early',
    wrong: 'A reminder is recorded as mailed although the post may be closed.',
    edits: [
      [
        'await mailbox.send({ to: email, text: `Reminder ${times} of ${invoiceId}`, messageId: idempotencyKey })',
        'mailbox.send({ to: email, text: `Reminder ${times} of ${invoiceId}`, messageId: idempotencyKey }).catch(() => undefined)'
      ]
    ]
  },
  {
    sample: 'exports',
    name: 'second-ledger-not-awaited',
    kind: 'acknowledged too early',
    wrong: 'The export is recorded when the first ledger has it; the second is only asked.',
    edits: [
      [
        'await taxes.enter({ account: employee, pence: Math.round(pence / 5), key: `tax ${idempotencyKey}` })',
        'taxes.enter({ account: employee, pence: Math.round(pence / 5), key: `tax ${idempotencyKey}` }).catch(() => undefined)'
      ]
    ]
  },
  {
    sample: 'topups',
    name: 'paid-in-before-charged',
    kind: 'acknowledged too early',
    wrong: 'The wallet is filled when the top-up is asked for, whatever the bank says then.',
    edits: [['.on(Charged, ({ wallet, pence, topUpId })', '.on(TopUpAsked, ({ wallet, pence, topUpId })']]
  },
  {
    sample: 'invoices',
    name: 'closed-post-swallowed',
    kind: 'swallowed failure',
    wrong: 'A post that is closed is caught and forgotten; the mail is recorded all the same.',
    edits: [
      [
        'await mailbox.send({ to: email, text: `Invoice ${invoiceId}: ${pence}`, messageId: idempotencyKey })',
        'await mailbox.send({ to: email, text: `Invoice ${invoiceId}: ${pence}`, messageId: idempotencyKey }).catch(() => undefined)'
      ]
    ]
  },
  {
    sample: 'exports',
    name: 'locked-ledger-swallowed',
    kind: 'swallowed failure',
    wrong: 'The line of a locked ledger is given up, and the export recorded as if it were there.',
    edits: [
      [
        'const line = await wages.enter({ account: employee, pence, key: `wage ${idempotencyKey}` })',
        "const line = await wages.enter({ account: employee, pence, key: `wage ${idempotencyKey}` }).catch(() => 'later')"
      ]
    ]
  },
  {
    sample: 'topups',
    name: 'silence-is-no',
    kind: 'no answer taken for no',
    wrong: 'When every attempt has failed the top-up is recorded as declined, though the money may be taken.',
    edits: [
      [
        '{ retry: { attempts: 5, base: { ms: 100 } } },',
        '{ retry: { attempts: 2, base: { ms: 100 } }, fallback: ({ topUpId }) => RecordDecline.for(topUpId, {}) },'
      ]
    ]
  },
  {
    sample: 'trips',
    name: 'error-is-decline',
    kind: 'no answer taken for no',
    wrong: 'Any error of the bank counts as a declined card.',
    edits: [
      [
        'await bank.charge({ card, pence, idempotencyKey })',
        "await bank.charge({ card, pence, idempotencyKey }).catch(() => ({ declined: 'It failed.' }))"
      ]
    ]
  },
  {
    sample: 'exports',
    name: 'second-write-without-key',
    kind: 'dual write',
    wrong: 'The second ledger is told without a key: when the effect is repeated, it has two lines.',
    edits: [
      ['pence: Math.round(pence / 5), key: `tax ${idempotencyKey}` }', 'pence: Math.round(pence / 5) }']
    ]
  },
  {
    sample: 'exports',
    name: 'both-writes-without-key',
    kind: 'dual write',
    wrong: 'When the second ledger is locked, the first gets its line again.',
    edits: [
      [
        'async ({ runId, employee, pence }, { idempotencyKey }) => {',
        'async ({ runId, employee, pence }) => {'
      ],
      [
        'wages.enter({ account: employee, pence, key: `wage ${idempotencyKey}` })',
        'wages.enter({ account: employee, pence })'
      ],
      ['pence: Math.round(pence / 5), key: `tax ${idempotencyKey}` }', 'pence: Math.round(pence / 5) }']
    ]
  },
  {
    sample: 'loyalty',
    name: 'copy-of-the-gift-mail',
    kind: 'dual write',
    wrong: 'The effect sends two mails, and the first has no key.',
    edits: [
      [
        '    await mailbox.send({ to: customer, text: `A gift for ${total} points`, messageId: idempotencyKey })\n',
        '    await mailbox.send({ to: customer, text: `Thank you for ${points} points` })\n    await mailbox.send({ to: customer, text: `A gift for ${total} points`, messageId: idempotencyKey })\n'
      ]
    ]
  },
  {
    sample: 'loyalty',
    name: 'gift-by-the-view',
    kind: 'stale read',
    wrong: 'Whether somebody passes ten points is read from a projection that may lag behind the event.',
    edits: [
      [
        'async ({ customer, points, total }, { idempotencyKey }) => {',
        'async ({ customer, points, total: _ }, { idempotencyKey, rows }) => {\n    const total = (await rows(standing, [customer])).get(customer)?.points ?? 0'
      ]
    ]
  },
  {
    sample: 'signup',
    name: 'address-from-the-view',
    kind: 'stale read',
    wrong: 'The address is looked up in a projection; when it is not there yet, the letter is skipped.',
    edits: [
      [
        'async ({ letterId, email, text }, { idempotencyKey }) => {',
        'async ({ letterId, person, text }, { idempotencyKey, rows }) => {\n      const email = (await rows(addresses, [person])).get(person)?.email\n      if (email === undefined) return RecordLetter.for(letterId, { at: person })'
      ]
    ]
  },
  {
    sample: 'topups',
    name: 'wallet-asked-over-http',
    kind: 'hidden call',
    wrong: 'Before it charges, the effect asks the service of the wallets, and fails while that is away.',
    edits: [
      [
        '      const verdict = await bank',
        '      await fetch(`http://wallets.internal/${topUpId}`)\n      const verdict = await bank'
      ]
    ]
  },
  {
    sample: 'auctions',
    name: 'auctioneer-asks-the-wallet',
    kind: 'hidden call',
    wrong: 'A pure reaction looks into the service of the wallets on the way, and does not even wait.',
    edits: [
      [
        '.on(BidPaid, ({ lot, bidder, pence }) =>\n  PlaceBid.for(lot, { bidder, pence })\n)',
        '.on(BidPaid, ({ lot, bidder, pence }) => {\n  void fetch(`http://wallets.internal/${bidder}`)\n  return PlaceBid.for(lot, { bidder, pence })\n})'
      ]
    ]
  },
  {
    sample: 'coupons',
    name: 'uses-in-shared-memory',
    kind: 'hidden call',
    wrong: 'A basket looks at what another service keeps in memory, which is empty where the two run apart.',
    edits: [
      [
        'const coupon = stateMachine<Coupon>',
        'const usesLeft = new Map<string, number>()\n\nconst coupon = stateMachine<Coupon>'
      ],
      [
        'left > 0 ? Redeemed({ basketId, code })',
        'usesLeft.set(code, left - 1) && left > 0 ? Redeemed({ basketId, code })'
      ],
      [
        ".on(CheckOut, { from: 'new', emits: CheckedOut }, (_, wish, { key: basketId }) =>\n    CheckedOut({ basketId, ...wish })\n  )",
        ".on(CheckOut, { from: 'new', emits: CheckedOut }, (_, wish, { key: basketId }) =>\n    (usesLeft.get(wish.code) ?? 1) > 0\n      ? CheckedOut({ basketId, ...wish })\n      : refuse('used-up', 'It was used too often.')\n  )"
      ]
    ]
  },
  {
    sample: 'invoices',
    name: 'mailed-by-a-reaction',
    kind: 'effect in a pure function',
    wrong: 'The mail is sent by a pure reaction, where nobody waits for it or tries it again.',
    edits: [
      [
        '.effect(InvoiceIssued, {}, async ({ invoiceId, email, pence }, { idempotencyKey }) => {',
        '.on(InvoiceIssued, ({ invoiceId, email, pence }, { id }) => {'
      ],
      [
        'await mailbox.send({ to: email, text: `Invoice ${invoiceId}: ${pence}`, messageId: idempotencyKey })',
        'mailbox.send({ to: email, text: `Invoice ${invoiceId}: ${pence}`, messageId: id }).catch(() => undefined)'
      ]
    ]
  },
  {
    sample: 'exports',
    name: 'entered-by-a-decision',
    kind: 'effect in a pure function',
    wrong: 'A decision enters a line in a ledger, and decisions are made again when their commit fails.',
    edits: [
      [
        "const run = stateMachine<Run>('run', { status: 'new' })",
        "const run = ({ taxes }: Books) => stateMachine<Run>('run', { status: 'new' })"
      ],
      [
        'SalaryExported({ runId, line })\n  )',
        '{\n    taxes.enter({ account: runId, pence: 0, key: `mark ${runId}` }).catch(() => undefined)\n    return SalaryExported({ runId, line })\n  })'
      ],
      ['[run, bookkeeper(books)]', '[run(books), bookkeeper(books)]']
    ]
  }
]
