/** What the card desk asks of the world. Asking twice under one key moves the money once. */
export interface Bank {
  charge(order: Charge): Promise<Verdict>
  refund(order: Refund): Promise<string>
}

export interface Charge {
  readonly card: string
  readonly pence: number
  readonly idempotencyKey: string
  readonly signal: AbortSignal
}

export interface Refund {
  readonly receipt: string
  readonly idempotencyKey: string
  readonly signal: AbortSignal
}

export type Verdict = { readonly receipt: string } | { readonly declined: string }

/** A bank that is asked over HTTP. What is neither a yes nor a no is thrown, to be tried again. */
export function bankAt(url: string): Bank {
  const ask = async (path: string, body: object, idempotencyKey: string, signal: AbortSignal) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey }
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal
    })
    if (!answer.ok) throw new Error(`The bank answered ${answer.status}.`)
    return answer.json() as Promise<unknown>
  }
  return {
    charge: async ({ card, pence, idempotencyKey, signal }) =>
      (await ask('/charges', { card, pence }, idempotencyKey, signal)) as Verdict,
    refund: async ({ receipt, idempotencyKey, signal }) => {
      const done = await ask('/refunds', { receipt }, idempotencyKey, signal)
      return (done as { readonly receipt: string }).receipt
    }
  }
}
