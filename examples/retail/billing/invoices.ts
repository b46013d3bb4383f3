import { type DataOf, projection } from 'skerry'
import { OrderAccepted, OrderCancelled, ReturnAccepted } from '../sales/contract.ts'
import { CustomerBilled, CustomerRefunded, Invoices } from './contract.ts'

type Row = DataOf<typeof Invoices>

const invoiceKey = ({ orderId }: { orderId: string }): string => `invoice-${orderId}`
const creditNoteKey = ({ returnId }: { returnId: string }): string => `credit-note-${returnId}`

/** Money has moved. A void invoice stays void: sales' word and billing's may come in any order. */
const settled = (row: Row): Row['status'] => (row.status === 'void' ? 'void' : 'settled')

/** What a customer owes or is owed for an order or a return, line by line, and whether it is paid. */
export const invoices = projection(Invoices, {
  initial: {
    id: '',
    kind: 'invoice',
    customerId: '',
    lines: [],
    totalPence: 0,
    paidPence: 0,
    refundedPence: 0,
    status: 'open'
  },
  indexes: ['customerId', 'kind', 'status']
})
  .on(
    OrderAccepted,
    { key: invoiceKey, reads: ['orderId', 'customerId', 'lines', 'totalPence'] },
    (row, { orderId, customerId, lines, totalPence }) => ({
      ...row,
      id: orderId,
      customerId,
      lines: lines.map(({ kind: _kind, ...line }) => line),
      totalPence
    })
  )
  .on(OrderCancelled, { key: invoiceKey, reads: ['orderId'] }, (row) => ({ ...row, status: 'void' }))
  .on(CustomerBilled, { key: invoiceKey, reads: ['orderId', 'pence'] }, (row, { pence }) => ({
    ...row,
    paidPence: pence,
    status: settled(row)
  }))
  .on(
    ReturnAccepted,
    { key: creditNoteKey, reads: ['returnId', 'customerId', 'lines', 'refundPence'] },
    (row, { returnId, customerId, lines, refundPence }) => ({
      ...row,
      kind: 'credit-note',
      id: returnId,
      customerId,
      lines: lines.map(({ kind: _kind, ...line }) => line),
      totalPence: refundPence
    })
  )
  .on(
    CustomerRefunded,
    {
      key: ({ cause }) => {
        if (cause.kind === 'goodwill') return []
        return cause.kind === 'order'
          ? invoiceKey({ orderId: cause.id })
          : creditNoteKey({ returnId: cause.id })
      },
      reads: ['cause', 'pence']
    },
    (row, { pence }) => ({ ...row, refundedPence: pence, status: settled(row) })
  )
