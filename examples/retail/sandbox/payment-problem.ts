/** An answer that says no, as RFC 9457 wants it: the body goes out as application/problem+json. */
export type Problem = {
  status: number
  body: { type: string; title: string; status: number; [more: string]: unknown }
}

/** Every kind of problem the provider answers with: its code, status and title. */
export const paymentProblems = {
  'body-invalid': { status: 400, title: 'The request is not one the provider understands.' },
  'card-unknown': {
    status: 400,
    title: 'The card is none of the sandbox test cards, which GET /cards lists.'
  },
  'card-invalid': { status: 400, title: 'The number is none a card can have.' },
  'card-declined': { status: 402, title: 'The bank of the card declined.' },
  'not-found': { status: 404, title: 'Nothing is served at that address.' },
  'key-reused': { status: 422, title: 'The idempotency key was used before for another request.' },
  'provider-failed': { status: 500, title: 'The provider failed; nothing was recorded.' },
  'provider-unavailable': {
    status: 503,
    title: 'The provider cannot take the request now; nothing was recorded.'
  }
} as const

export type ProblemCode = keyof typeof paymentProblems

/** Builds the problem of that code; `more` holds what is particular to this occurrence. */
export function problem(code: ProblemCode, more: Record<string, unknown> = {}): Problem {
  const { status, title } = paymentProblems[code]
  return { status, body: { type: `urn:problem:payment-sandbox:${code}`, title, status, code, ...more } }
}

export function cardDeclined(reason: string): Problem {
  return problem('card-declined', { reason })
}

export function keyReused(idempotencyKey: string): Problem {
  return problem('key-reused', { idempotencyKey })
}

export function providerFailed(status: 500 | 503): Problem {
  return problem(status === 500 ? 'provider-failed' : 'provider-unavailable')
}
