/**
 * What people write wrong. `//!` marks the line where the compiler must complain, and the words it must use; there
 * must be no other complaint.
 */
export interface Mistake {
  readonly code: string
  /** The longest answer that is still read; 300 characters unless said otherwise. */
  readonly charactersMax?: number
}

export const machineMistakes: Readonly<Record<string, Mistake>> = {
  'an event that no evolve handles': {
    code: `
      order.on(ShipOrder, {
        from: 'accepted',
        emits: OrderShipped //! "OrderShipped has no .evolve() above this line"
      }, (_, command, { key }) => OrderShipped({ orderId: key }))`
  },
  'one of several events that no evolve handles': {
    code: `
      order.on(ShipOrder, {
        from: 'accepted',
        emits: [
          OrderCancelled,
          OrderShipped //! "OrderShipped has no .evolve() above this line"
        ]
      }, (_, command, { key }) => OrderCancelled({ orderId: key, reason: '' }))`
  },
  'on before evolve': {
    code: `
      stateMachine<Order>('order', { status: 'new' })
        .on(AcceptOrder, {
          from: 'new',
          emits: OrderAccepted //! "OrderAccepted has no .evolve() above this line"
        }, (_, command, { key }) => OrderAccepted({ ...command, orderId: key, total: 1 }))
        .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (_, event) => ({
          status: 'accepted', total: event.total, customerId: event.customerId }))`
  },
  'a command legal where its event is not': {
    code: `
      order.on(CancelOrder, {
        from: ['new', 'accepted'],
        emits: OrderCancelled //! "OrderCancelled is not legal from 'new': see its .evolve()"
      }, (_, command, { key }) => OrderCancelled({ orderId: key, reason: command.reason }))`
  },
  'a status that does not exist, in evolve': {
    code: `
      order.evolve(OrderShipped, {
        from: 'acepted', //! Did you mean '"accepted"'?
        to: 'shipped'
      }, (state) => ({ status: 'shipped', total: 0 }))`
  },
  'a state that evolve does not declare': {
    code: `
      order.evolve(OrderShipped, { from: 'accepted', to: 'shipped' }, (state) => ({
        total: state.total,
        status: 'cancelled' //! Type '"cancelled"' is not assignable to type '"shipped"'
      }))`
  },
  'a state without one of its fields': {
    charactersMax: 320,
    code: `
      order.evolve(OrderShipped, { from: 'accepted', to: 'shipped' }, () =>
        ({ status: 'shipped' }) //! Property 'total' is missing
      )`
  },
  'a field that this state does not have yet': {
    code: `
      order.on(AcceptOrder, { from: 'new', emits: OrderAccepted }, (state, command, { key }) =>
        OrderAccepted({ ...command, orderId: key,
          total: state.total //! Property 'total' does not exist on type '{ status: "new"; }'
        }))`
  },
  'another event than declared': {
    charactersMax: 420,
    code: `
      order.on(CancelOrder, { from: 'accepted', emits: OrderCancelled }, (_, command, { key }) =>
        OrderShipped({ orderId: key }) //! Type '"OrderShipped"' is not assignable to type '"OrderCancelled"'
      )`
  },
  'a decision that gives nothing': {
    charactersMax: 500,
    code: `
      order.on(CancelOrder, { from: 'accepted', emits: OrderCancelled },
        (_, command, { key }) => { //! Type 'void' is not assignable
          OrderCancelled({ orderId: key, reason: '' })
        })`
  },
  'an asynchronous decision': {
    code: `
      order.on(CancelOrder, { from: 'accepted', emits: OrderCancelled },
        async (_, command, { key }) =>
          OrderCancelled({ orderId: key, reason: '' }) //! Type 'Promise<
        )`
  },
  'a misspelt field of an event': {
    code: `
      order.on(CancelOrder, { from: 'accepted', emits: OrderCancelled }, (_, command, { key }) =>
        OrderCancelled({
          orderId: key,
          resaon: command.reason //! Did you mean to write 'reason'?
        }))`
  },
  'a misspelt field of a command': {
    code: `
      order.on(CancelOrder, { from: 'accepted', emits: OrderCancelled }, (_, command, { key }) =>
        OrderCancelled({ orderId: key,
          reason: command.raeson //! Did you mean 'reason'?
        }))`
  },
  'an evolve that wants the id of its event': {
    code: `
      order.evolve(OrderShipped, { from: 'accepted', to: 'shipped' }, (state, _, meta) => ({
        status: 'shipped', total: state.total,
        reason: meta.id //! Property 'id' does not exist
      }))`
  }
}

export const processMistakes: Readonly<Record<string, Mistake>> = {
  'a step after one that does not exist': {
    code: `
      fulfilment
        .step('stock', (step) => step.doneBy(StockReserved, (event) => event.orderId))
        .step('payment', (step) => step
          .after('stok') //! '"stok"' is not assignable to parameter of type '"stock"'
          .send((kept) => ChargeCustomer.for(kept.orderId, { pence: 1 }))
          .doneBy(CustomerCharged, (event) => event.orderId, (_, event) => ({ paid: event.pence })))`
  },
  'a field that the event does not have, in a key': {
    code: `
      fulfilment.step('stock', (step) => step
        .doneBy(StockReserved, (event) => event.id)) //! Property 'id' does not exist`
  },
  'a field that a step adds, before that step': {
    code: `
      fulfilment
        .step('stock', (step) => step
          .doneBy(StockReserved, (event) => event.orderId, (_, event) => ({ reservation: event.reservation })))
        .step('payment', (step) => step
          .send((kept) => ChargeCustomer.for(
            kept.reservation, //! Property 'reservation' does not exist
            { pence: kept.total }))
          .doneBy(CustomerCharged, (event) => event.orderId))`
  },
  'a field that only a completed process has, when it failed': {
    code: `
      fulfilment
        .step('stock', (step) => step
          .doneBy(StockReserved, (event) => event.orderId, (_, event) => ({ reservation: event.reservation })))
        .fails((kept) => OrderCancelled({ orderId: kept.orderId,
          reason: kept.reservation //! Type 'undefined' is not assignable to type 'string'
        }))`
  },
  'a misspelt field of a command': {
    code: `
      fulfilment.step('stock', (step) => step
        .send((kept) => ReserveStock.for(kept.orderId, {
          line: kept.lines //! Did you mean to write 'lines'?
        }))
        .doneBy(StockReserved, (event) => event.orderId))`
  },
  'an event where a command is sent': {
    code: `
      fulfilment.step('stock', (step) => step
        .send((kept) => OrderShipped({ orderId: kept.orderId })) //! Property 'key' is missing in type 'EventMessage
        .doneBy(StockReserved, (event) => event.orderId))`
  },
  'a process manager that nothing starts': {
    code: `
      service(sales, [
        order,
        processManager('x') //! Type 'ProcessManagerStart' is not assignable to type 'Unit'
      ])`
  }
}

export const otherMistakes: Readonly<Record<string, Mistake>> = {
  'a fold that uses a field it does not read': {
    code: `
      projection<{ n: number }>('p').on(OrderAccepted, { key: (event) => event.orderId, reads: ['orderId'] },
        (_, event) => ({ n:
          event.total //! Property 'total' does not exist on type 'Pick<
        }))`
  },
  'a field to read that does not exist': {
    code: `
      projection<{ n: number }>('p').on(OrderAccepted, { key: (event) => event.orderId, reads: ['orderId',
        'totl' //! Did you mean '"total"'?
      ] }, () => ({ n: 1 }))`
  },
  'a row that its query does not have': {
    code: `
      projection(prices).on(OrderAccepted, (event) => event.orderId, () => ({ sku: 'x',
        pence: '3' //! Type 'string' is not assignable to type 'number'
      }))`
  },
  'a first row taken for granted': {
    code: `
      projection(prices).on(OrderAccepted, (event) => event.orderId, (row) => ({ pence: 3,
        sku: row.sku //! 'row' is possibly 'undefined'
      }))`
  },
  'an index on a field that does not exist': {
    charactersMax: 700,
    code: `
      projection(prices, {
        indexes: ['penc'] //! Did you mean '"pence"'?
      })`
  },
  'an upcaster that leads to another version': {
    charactersMax: 520,
    code: `
      contract('c').event('Happened', z.object({ id: z.string() }), { upcast: [ //! Type 'number' is not assignable to type 'string'
        (old: { id: number }) => ({ ident: old.id }),
        (old: { ident: number }) => ({ id: old.ident })
      ] })`
  },
  'an asynchronous reaction': {
    code: `
      actor('a').on(OrderAccepted,
        async (event) => ReserveStock.for(event.orderId, { lines: event.lines })) //! Type 'Promise<`
  },
  'a part of a service that is none': {
    code: `
      service(sales, [
        order,
        ShipOrder //! is not assignable to type 'Unit'
      ])`
  },
  'an event of another unit in a scenario': {
    code: `
      given(order,
        StockReserved({ orderId: 'a', reservation: 'b' })) //! '"StockReserved"' is not assignable to type '"OrderAccepted" | "OrderCancelled"'`
  },
  'a command that the machine does not handle, in a scenario': {
    code: `
      given(order).when(
        ReserveStock.for('o1', { lines: [] })) //! Type '"ReserveStock"' is not assignable to type 'never'`
  },
  'a state that does not exist, in a scenario': {
    code: `
      given(order).thenState(
        { status: 'accepted', total: 3 }) //! Property 'customerId' is missing`
  },
  'a timer of a step that does not exist, in a scenario': {
    charactersMax: 900,
    code: `
      given(fulfilment.step('stock', (step) => step.doneBy(StockReserved, (event) => event.orderId))).when(
        timeout('payment')) //! '"payment"' is not assignable to type '"stock"`
  }
}
