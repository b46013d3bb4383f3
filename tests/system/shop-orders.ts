import { testCards } from '../../examples/retail/sandbox/test-cards.ts'

/** Sends an order for one egg cup to the shop at an address; with an idempotency key where one is given. */
export function sendOrder(url: string, key: string, idempotencyKey?: string): Promise<Response> {
  const lines = [{ stockCode: '00001', name: 'PUFFIN EGG CUP', quantity: 1, unitPence: 450 }]
  const data = { customerId: 'ann', email: 'ann@example.org', card: testCards.approved.number, lines }
  const once = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
  return fetch(`${url}/sales/order/${key}/PlaceOrder`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...once },
    body: JSON.stringify(data)
  })
}

/** What the read model of the shop says of an order, if anything yet. */
export async function orderStatus(url: string, key: string): Promise<string | undefined> {
  const answer = await fetch(`${url}/sales/order-history/${key}`)
  const { data } = (await answer.json()) as { readonly data?: { readonly status: string } }
  return data?.status
}

/** Whether the parcel of an order has left. */
export const isShipped = (status = ''): boolean => ['shipped', 'completed'].includes(status)
