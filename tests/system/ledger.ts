/** Something that a bank has acknowledged. */
export interface Ack {
  readonly position: string
  readonly name: string
}

/** Something that was done in the world outside: a notice that was posted, under its idempotency key. */
export interface Post {
  readonly idempotencyKey: string
  readonly notice: string
}

/** Something that a person did to a dead letter, and that was acknowledged. */
export interface Deed {
  readonly action: string
  readonly number: number
}

/** What is known outside of a bank of what it has promised and done: it outlives everything that dies with the bank. */
export interface Ledger {
  readonly acks: Ack[]
  readonly posts: Post[]
  readonly deeds: Deed[]
}

export function emptyLedger(): Ledger {
  return { acks: [], posts: [], deeds: [] }
}

/** Takes down what a bank has said; a line that promises nothing is left out. */
export function takeDown(ledger: Ledger, line: string): void {
  const [word, first = '', second = ''] = line.split(' ')
  if (word === 'acked') ledger.acks.push({ position: first, name: second })
  if (word === 'posted') ledger.posts.push({ idempotencyKey: first, notice: second })
  if (word === 'deed') ledger.deeds.push({ action: first, number: Number(second) })
}

/** Adds what one life has said to what is known of those before. */
export function addTo(ledger: Ledger, { acks, posts, deeds }: Ledger): void {
  ledger.acks.push(...acks)
  ledger.posts.push(...posts)
  ledger.deeds.push(...deeds)
}
