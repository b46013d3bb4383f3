import type { Mutant } from '../mutant.ts'

/** Bugs of folds: states, rows, and old events. */
export const foldMutants: readonly Mutant[] = [
  {
    sample: 'prices',
    name: 'early-campaign-dropped',
    kind: 'order dependence',
    wrong: 'A campaign that is heard of before the product is forgotten.',
    edits: [
      [
        '(row, { percent }) => priced({ ...row, percent }))',
        '(row, { percent }) =>\n    row.listPence === 0 ? row : priced({ ...row, percent })\n  )'
      ]
    ]
  },
  {
    sample: 'prices',
    name: 'new-price-without-discount',
    kind: 'order dependence',
    wrong: 'A new price is shown as it is, also when a campaign was heard of before it.',
    edits: [['priced({ ...row, listPence: pence })', '({ ...row, listPence: pence, pence })']]
  },
  {
    sample: 'parcels',
    name: 'tracking-starts-again',
    kind: 'order dependence',
    wrong: 'Loading a parcel clears its end, also when the end is heard of first.',
    edits: [['({ ...row, attempts: attempt })', "({ ...row, attempts: attempt, end: '' })"]]
  },
  {
    sample: 'meters',
    name: 'last-reading-of-the-house',
    kind: 'order dependence',
    wrong: 'Use is counted from the last reading of any meter of the house.',
    edits: [
      [
        'row.used + wh - (row.meters[meter] ?? 0)',
        'row.used + wh - Math.max(0, ...Object.values(row.meters))'
      ]
    ]
  },
  {
    sample: 'groups',
    name: 'groups-as-they-come',
    kind: 'order dependence',
    wrong: 'Groups are listed in the order in which they are heard of.',
    edits: [['[...row.groups, group].toSorted()', '[...row.groups, group]']]
  },
  {
    sample: 'subscriptions',
    name: 'trial-ends-by-the-machine',
    kind: 'clock',
    wrong: 'The end of a trial is counted from the clock of the machine.',
    edits: [
      ['{ key: planId, nowMs }', '{ key: planId }'],
      ['endsMs: nowMs + days', 'endsMs: Date.now() + days']
    ]
  },
  {
    sample: 'desk',
    name: 'row-with-the-time-of-the-fold',
    kind: 'clock',
    wrong: 'A row says when it was folded, and another thing after every rebuild.',
    edits: [
      [
        '(row, { about }) => ({ ...row, about })',
        '(row, { about }) => ({ ...row, about: `${about}, since ${new Date().toISOString()}` })'
      ]
    ]
  },
  {
    sample: 'prices',
    name: 'rounded-by-chance',
    kind: 'chance',
    wrong: 'Half a penny is rounded up or down by chance.',
    edits: [
      [
        'Math.round((row.listPence * (100 - row.percent)) / 100)',
        'Math.floor((row.listPence * (100 - row.percent)) / 100 + Math.random())'
      ]
    ]
  },
  {
    sample: 'signup',
    name: 'letter-id-drawn',
    kind: 'chance',
    wrong: 'The key of a letter is drawn, so a repeated reaction asks for another letter.',
    edits: [['`welcome-${person}`', '`welcome-${Math.random()}`']]
  },
  {
    sample: 'desk',
    name: 'closed-counted-beside',
    kind: 'memory',
    wrong: 'Closed tickets are counted in a variable that a rebuild goes on from.',
    edits: [
      ['const topics = projection', 'let closed = 0\n\nconst topics = projection'],
      ['closed: row.closed + 1', 'closed: ++closed']
    ]
  },
  {
    sample: 'polls',
    name: 'voters-remembered',
    kind: 'memory',
    wrong: 'Voters are remembered in a set so that none counts twice; in a rebuild none counts at all.',
    edits: [
      ['const tally = projection', 'const seen = new Set<string>()\n\nconst tally = projection'],
      [
        '(row, { choice }) => ({ ...row, [choice]: row[choice] + 1 }))',
        '(row, { choice, voter }) => {\n    if (seen.has(voter)) return row\n    seen.add(voter)\n    return { ...row, [choice]: row[choice] + 1 }\n  })'
      ],
      [
        '(row, { choice }) => ({ ...row, [choice]: row[choice] - 1 }))',
        '(row, { choice, voter }) => {\n    seen.delete(voter)\n    return { ...row, [choice]: row[choice] - 1 }\n  })'
      ]
    ]
  },
  {
    sample: 'auctions',
    name: 'best-bid-kept-beside',
    kind: 'memory',
    wrong: 'The best bid is kept in a map beside the state, also when its commit has failed.',
    edits: [
      [
        'const lot = stateMachine<Lot>',
        'const leading = new Map<string, Bid>()\n\nconst lot = stateMachine<Lot>'
      ],
      [
        '({ best }, bid, { key }) => {',
        '(_, bid, { key }) => {\n    const best = leading.get(key)\n    if (!best || bid.pence > best.pence) leading.set(key, bid)'
      ]
    ]
  },
  {
    sample: 'desk',
    name: 'note-numbered-by-push',
    kind: 'mutation in place',
    wrong: 'A decision pushes the note to learn its number, and the event adds it once more.',
    edits: [
      [
        'NoteAdded({ ticketId, number: notes.length + 1, text })',
        'NoteAdded({ ticketId, number: notes.push(text), text })'
      ]
    ]
  },
  {
    sample: 'desk',
    name: 'note-pushed',
    kind: 'mutation in place',
    wrong: 'A note is pushed into the list of the state that was given.',
    edits: [
      [
        '(open, { text }) => ({\n    ...open,\n    notes: [...open.notes, text]\n  }))',
        '(open, { text }) => {\n    open.notes.push(text)\n    return open\n  })'
      ]
    ]
  },
  {
    sample: 'desk',
    name: 'row-changed-in-place',
    kind: 'mutation in place',
    wrong: 'A note is pushed into the list of the row, and so into the one that every new row begins with.',
    edits: [
      [
        '(row, { text }) => ({ ...row, notes: [...row.notes, text] }))',
        '(row, { text }) => {\n    row.notes.push(text)\n    return row\n  })'
      ]
    ]
  },
  {
    sample: 'courses',
    name: 'waiting-list-shifted',
    kind: 'mutation in place',
    wrong: 'Who is called is taken off the list that the decision was given, also when nobody can be called.',
    edits: [['const [student] = waiting\n', 'const student = waiting.shift()\n']]
  },
  {
    sample: 'courses',
    name: 'waiting-list-sorted',
    kind: 'mutation in place',
    wrong: 'A refusal sorts the list of the state, so that somebody else is next.',
    edits: [
      [
        "refuse('known', `${student} is on the list.`)",
        "refuse('known', `On the list are ${waiting.sort().join(', ')}.`)"
      ]
    ]
  },
  {
    sample: 'rides',
    name: 'pounds-taken-for-pence',
    kind: 'wrong upcast',
    wrong: 'Pounds of old events become as many pence.',
    edits: [['({ ...fare, pence: pounds * 100 }),', '({ ...fare, pence: pounds }),']]
  },
  {
    sample: 'rides',
    name: 'converted-twice',
    kind: 'wrong upcast',
    wrong: 'Both upcasters turn pounds into pence.',
    edits: [
      ['(fare: FareV2) => ({ ...fare, zone', '(fare: FareV2) => ({ ...fare, pence: fare.pence * 100, zone']
    ]
  },
  {
    sample: 'rides',
    name: 'old-rides-for-nobody',
    kind: 'wrong upcast',
    wrong: 'Old events lose their rider on the way.',
    edits: [['({ ...fare, pence: pounds * 100 }),', "({ ...fare, rider: '', pence: pounds * 100 }),"]]
  },
  {
    sample: 'rides',
    name: 'bill-without-revision',
    kind: 'forgotten revision',
    wrong: 'The bill is kept in pence now, and the rows in pounds are not folded anew.',
    edits: [[',\n    revision: 2', '']]
  },
  {
    sample: 'polls',
    name: 'vote-overwrites',
    kind: 'overwriting',
    wrong: 'A vote makes the count one, instead of one more.',
    edits: [['({ ...row, [choice]: row[choice] + 1 })', '({ ...row, [choice]: 1 })']]
  },
  {
    sample: 'meters',
    name: 'last-peak',
    kind: 'overwriting',
    wrong: 'The peak of a house is its last use, not its greatest.',
    edits: [['(row, { used }) => ({ most: Math.max(row.most, used) })', '(_, { used }) => ({ most: used })']]
  },
  {
    sample: 'loans',
    name: 'debt-overwritten',
    kind: 'overwriting',
    wrong: 'A second fee of a reader takes the place of the first.',
    edits: [
      [
        '(row, { pence }) => ({ pence: row.pence + pence, fees: row.fees + 1 })',
        '(_, { pence }) => ({ pence, fees: 1 })'
      ]
    ]
  },
  {
    sample: 'polls',
    name: 'withdrawal-not-heard',
    kind: 'forgotten event',
    wrong: 'A vote that is withdrawn goes on counting.',
    edits: [
      ['\n  .on(VoteWithdrawn, byPoll, (row, { choice }) => ({ ...row, [choice]: row[choice] - 1 }))', '']
    ]
  },
  {
    sample: 'stock',
    name: 'release-changes-nothing',
    kind: 'forgotten event',
    wrong: 'Goods that are released stay held in the state of the item.',
    edits: [['(kept, { quantity }) => ({ ...kept, held: kept.held - quantity })', '(kept) => kept']]
  },
  {
    sample: 'seats',
    name: 'freed-seat-stays-on-the-map',
    kind: 'forgotten event',
    wrong: 'A seat that is free again is still shown as held.',
    edits: [['    () => null\n', '    (row) => row ?? null\n']]
  },
  {
    sample: 'groups',
    name: 'dissolved-in-the-first-profile-only',
    kind: 'wrong key',
    wrong: 'A group that ends is taken out of the profile of its first member.',
    edits: [['({ members }) => members,', '({ members }) => members.slice(0, 1),']]
  },
  {
    sample: 'polls',
    name: 'withdrawal-by-voter',
    kind: 'wrong key',
    wrong: 'A withdrawn vote is taken off the row of the voter, not off that of the poll.',
    edits: [['.on(VoteWithdrawn, byPoll,', '.on(VoteWithdrawn, ({ voter }) => voter,']]
  },
  {
    sample: 'courses',
    name: 'leaving-by-course',
    kind: 'wrong key',
    wrong: 'Who leaves a course stays on the own timetable.',
    edits: [['    Left,\n    ({ student }) => student,\n', '    Left,\n    ({ course }) => course,\n']]
  }
]
