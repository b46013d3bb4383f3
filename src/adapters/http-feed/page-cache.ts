import type { RowsAnswer } from './feed-rows.ts'

/**
 * Keeps pages that never change, the least used ones leaving first, and lets everybody who wants the same page at
 * the same time share one request: subscriptions of one process read the same pages when they catch up.
 */
export class PageCache {
  readonly #maxBytes: number
  readonly #pages = new Map<string, RowsAnswer>()
  readonly #coming = new Map<string, Promise<RowsAnswer>>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  page(url: string, ask: () => Promise<RowsAnswer>): Promise<RowsAnswer> {
    const known = this.#pages.get(url)
    if (known) {
      this.#pages.delete(url)
      this.#pages.set(url, known)
      return Promise.resolve(known)
    }
    const coming = this.#coming.get(url)
    if (coming) return coming
    const asked = ask()
      .then((answer) => this.#keep(url, answer))
      .finally(() => this.#coming.delete(url))
    this.#coming.set(url, asked)
    return asked
  }

  #keep(url: string, answer: RowsAnswer): RowsAnswer {
    if (!answer.immutable || answer.bytes > this.#maxBytes) return answer
    this.#pages.set(url, answer)
    this.#bytes += answer.bytes
    for (const [oldest, page] of this.#pages) {
      if (this.#bytes <= this.#maxBytes) break
      this.#pages.delete(oldest)
      this.#bytes -= page.bytes
    }
    return answer
  }

  clear(): void {
    this.#pages.clear()
    this.#bytes = 0
  }
}
