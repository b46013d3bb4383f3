/** One mistake, made in one of the API shapes that were compared: what is replaced in a file, and what is answered. */
export interface ShapeMistake {
  readonly shape: 'chained' | 'literal' | 'decider'
  readonly file: 'sales' | 'fulfilment' | 'pricing'
  readonly replace: string | RegExp
  readonly by: string
  /** The line that the compiler complains of and its words; undefined when it is silent. */
  readonly complaint:
    | { readonly line: string; readonly words: string; readonly characters: 'few' | 'many' }
    | undefined
}

type Change = readonly [
  file: ShapeMistake['file'],
  replace: string | RegExp,
  by: string,
  complaint?: readonly [line: string, words: string, characters?: 'many']
]

const made = (shape: ShapeMistake['shape'], [file, replace, by, complaint]: Change): ShapeMistake => ({
  shape,
  file,
  replace,
  by,
  complaint: complaint && { line: complaint[0], words: complaint[1], characters: complaint[2] ?? 'few' }
})

const inShapes = (
  chained: Change | undefined,
  literal: Change | undefined,
  decider: Change
): readonly ShapeMistake[] => [
  ...(chained ? [made('chained', chained)] : []),
  ...(literal ? [made('literal', literal)] : []),
  made('decider', decider)
]

const misspelt = "Did you mean to write 'reason'?"
const notYet = `Property 'total' does not exist on type '{ status: "new"; }'`

/** The mistakes of newcomers, the same in each shape that lets them be made. */
export const shapeMistakes: Readonly<Record<string, readonly ShapeMistake[]>> = {
  'an event that nothing folds': inShapes(
    [
      'sales',
      / {2}\.evolve\(OrderConfirmed[\s\S]*?\}\)\)\n/,
      '',
      ['.on(ConfirmOrder', 'OrderConfirmed has no .evolve() above this line']
    ],
    ['sales', /,\n *OrderConfirmed: \(order\) => [^\n]*/, ''],
    [
      'sales',
      / {4}case 'OrderConfirmed':\n[^\n]*\n/,
      '',
      ['function evolve', 'Function lacks ending return statement']
    ]
  ),
  'a command legal where its event is not': inShapes(
    [
      'sales',
      "from: 'accepted', emits: OrderConfirmed",
      "from: ['new', 'accepted'], emits: OrderConfirmed",
      ['.on(ConfirmOrder', "OrderConfirmed is not legal from 'new'"]
    ],
    [
      'sales',
      '      on: {\n        PlaceOrder',
      "      on: {\n        ConfirmOrder: { emits: 'OrderConfirmed', decide: (_, __, { key }) => OrderConfirmed({ orderId: key }) },\n        PlaceOrder"
    ],
    ['sales', /(case 'ConfirmOrder':\n)[^\n]*\n/, '$1']
  ),
  'a misspelt status': inShapes(
    [
      'sales',
      "from: 'accepted', emits: OrderConfirmed",
      "from: 'acepted', emits: OrderConfirmed",
      ['.on(ConfirmOrder', `Did you mean '"accepted"'?`]
    ],
    [
      'sales',
      '    accepted: {',
      '    acepted: {',
      ['acepted: {', "'acepted' does not exist in type", 'many']
    ],
    [
      'sales',
      "'accepted') return illegal(order, command.type)\n      return order.total",
      "'acepted') return illegal(order, command.type)\n      return order.total",
      ['acepted', 'have no overlap']
    ]
  ),
  'a misspelt new status': inShapes(
    [
      'sales',
      "status: 'cancelled',\n    reason",
      "status: 'canceled',\n    reason",
      ["status: 'canceled'", `Type '"canceled"' is not assignable to type '"cancelled"'`]
    ],
    [
      'sales',
      "status: 'cancelled', reason }",
      "status: 'canceled', reason }",
      ["status: 'canceled'", `"canceled"`, 'many']
    ],
    [
      'sales',
      "status: 'cancelled', reason:",
      "status: 'canceled', reason:",
      ["status: 'canceled'", `Did you mean '"cancelled"'?`]
    ]
  ),
  'a misspelt field': inShapes(
    [
      'sales',
      'OrderCancelled({ orderId: key, reason })',
      'OrderCancelled({ orderId: key, resaon: reason })',
      ['resaon', misspelt]
    ],
    [
      'sales',
      'OrderCancelled({ orderId: key, reason })',
      'OrderCancelled({ orderId: key, resaon: reason })',
      ['resaon', misspelt]
    ],
    [
      'sales',
      'OrderCancelled({ orderId: key, reason:',
      'OrderCancelled({ orderId: key, resaon:',
      ['resaon', misspelt]
    ]
  ),
  'a field of another state': inShapes(
    [
      'sales',
      /emits: OrderAccepted \}, \(_, ([^\n]*)\n {4}lines.length === 0/,
      'emits: OrderAccepted }, (order, $1\n    order.total === 0',
      ['order.total === 0', notYet]
    ],
    [
      'sales',
      /decide: \(_, (\{ customerId[^\n]*)\n *lines.length === 0/,
      'decide: (order, $1\n order.total === 0',
      ['order.total === 0', notYet]
    ],
    ['sales', 'if (lines.length === 0)', 'if (order.total === 0)', ['order.total === 0', notYet]]
  ),
  'a command that nothing handles': inShapes(
    ['sales', / {2}\.on\(ConfirmOrder[\s\S]*?\n {2}\)\n/, ''],
    ['sales', /,\n *ConfirmOrder: \{[\s\S]*?\n {8}\}/, ''],
    ['sales', 'CancelOrder, ConfirmOrder]', 'CancelOrder]']
  ),
  'an event that is used but not listed': inShapes(undefined, undefined, [
    'fulfilment',
    '    CustomerCharged,\n    CardDeclined\n  ]',
    '    CustomerCharged\n  ]'
  ]),
  'the command of another service': inShapes(
    ['sales', /\.on\(ConfirmOrder/, '.on(ReserveStock'],
    [
      'sales',
      '        ConfirmOrder: {',
      '        ReserveStock: {',
      ['ReserveStock: {', "'ReserveStock' does not exist in type", 'many']
    ],
    [
      'sales',
      /typeof ConfirmOrder\n([\s\S]*)'ConfirmOrder'([\s\S]*)CancelOrder, ConfirmOrder\]/,
      "typeof ReserveStock\n$1'ReserveStock'$2CancelOrder, ReserveStock]"
    ]
  ),
  'a missing compensation': inShapes(
    ['fulfilment', /\n *\.undo\(\(\{ orderId, reservation[^\n]*/, ''],
    [
      'fulfilment',
      /,\n *undo: \(\{ orderId, reservation[^\n]*/,
      '',
      ['stock: {', "Property 'undo' is missing", 'many']
    ],
    ['fulfilment', / {2}if \(state.status === 'confirming' \|\| [^\n]*\n[^\n]*\n/, '']
  ),
  'a late answer that nobody undoes': inShapes(undefined, undefined, [
    'fulfilment',
    / {6}if \(state.status === 'failed'\) return \{ state, say: \[RefundCustomer[^\n]*\n/,
    ''
  ]),
  'a step after one that does not exist': [
    made('chained', [
      'fulfilment',
      "after('stock')",
      "after('stok')",
      ["after('stok')", `'"stok"' is not assignable`]
    ]),
    made('literal', [
      'fulfilment',
      "after: 'stock'",
      "after: 'stok'",
      ["after: 'stok'", `Did you mean '"stock"'?`]
    ])
  ],
  'what a later step adds': inShapes(
    [
      'fulfilment',
      '.send(({ orderId, customerId, total }) =>',
      '.send(({ orderId, customerId, total, receipt }) =>',
      ['.send((', "Property 'receipt' does not exist"]
    ],
    [
      'fulfilment',
      'send: ({ orderId, customerId, total }) =>',
      'send: ({ orderId, customerId, total, receipt }) =>'
    ],
    [
      'fulfilment',
      'say: [ChargeCustomer.for(orderId',
      'say: [ChargeCustomer.for(state.receipt',
      ['state.receipt', "Property 'receipt' does not exist"]
    ]
  )
}
