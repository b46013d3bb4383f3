/** A letter that somebody was sent. */
export interface Mail {
  readonly to: string
  readonly text: string
}

/** What is handed to the post: one that has the same id as another is the other. */
export interface Posted extends Mail {
  readonly messageId?: string
}

/** The call at which the post is closed: an early one, so that it is open when the world is healed. */
const closedAt = 2

/** The post of a world. */
export class Mailbox {
  readonly #mails = new Map<string, Mail>()
  #calls = 0

  /** Fails when the post is closed, before anything is sent. */
  async send({ to, text, messageId }: Posted): Promise<void> {
    this.#calls += 1
    const call = String(this.#calls)
    await Promise.resolve()
    if (this.#calls === closedAt) throw new Error('The post is closed.')
    this.#mails.set(messageId ?? call, { to, text })
  }

  /** Everything that has arrived. */
  get mails(): readonly Mail[] {
    return [...this.#mails.values()]
  }

  /** What has arrived more than once with the same text for the same person. */
  get doubled(): Mail | undefined {
    const seen = new Set<string>()
    return this.mails.find(({ to, text }) => seen.size === seen.add(`${to}: ${text}`).size)
  }

  toJSON(): readonly string[] {
    return this.mails.map(({ to, text }) => `${to}: ${text}`).toSorted()
  }
}
