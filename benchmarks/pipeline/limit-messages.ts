import { customerId, orderKey, orderLines, orderTotal } from './workload.ts'

/** A message of the pipeline as a bare client sends it. */
export interface BareMessage {
  readonly key: string
  readonly data: string
  readonly headers: Readonly<Record<string, string>>
}

const id = 'a3b0c442-98fc-4c14-9afb-f4c8996fb924'
const trace = '00-61b53230b7e434b27d304ca08d4efd3c-e54d25caa7ebabe2-01'
const time = new Date().toISOString()

/** The attributes of a CloudEvent, which say where a row belongs. */
function headersOf(type: string, key: string, index: number): BareMessage['headers'] {
  return {
    'ce-specversion': '1.0',
    'ce-id': `${index % 16}:${index}`,
    'ce-source': '/services/sales',
    'ce-type': type,
    'ce-subject': key,
    'ce-time': time,
    'ce-datacontenttype': 'application/json',
    'ce-correlationid': id,
    'ce-causationid': id,
    'ce-partitionkey': key,
    'ce-sequence': String(index).padStart(16, '0'),
    'ce-traceparent': trace
  }
}

/** Who says something that another process has to hear, and who hears it: one message an order each. */
export const heardBy: Readonly<Record<string, readonly string[]>> = {
  sales: ['billing', 'fulfilment'],
  billing: ['fulfilment'],
  fulfilment: ['sales']
}

/** How many messages arrive for an order. */
export const arrivals = Object.values(heardBy).flat().length

/** What a service says of an order. */
export function messageOf(service: string, index: number): BareMessage {
  const [orderId, customer, pence] = [orderKey(index), customerId(index), orderTotal(index)]
  const said = {
    sales: { orderId, customerId: customer, lines: orderLines(index), total: pence },
    billing: { orderId, pence, customerId: customer },
    fulfilment: { orderId }
  }[service]
  const key = service === 'billing' ? customer : orderId
  return { key, data: JSON.stringify(said), headers: headersOf(service, key, index) }
}
