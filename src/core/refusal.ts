/** Why a command was not accepted: a value, never thrown. `code` is the business's own, kebab-case. */
export interface Refusal {
  readonly kind: 'refusal'
  readonly code: string
  readonly reason: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Refuses a command: a stable code for programs, a sentence for people, and details if they help. */
export function refuse(code: string, reason: string, details?: Readonly<Record<string, unknown>>): Refusal {
  return details === undefined
    ? { kind: 'refusal', code, reason }
    : { kind: 'refusal', code, reason, details }
}
