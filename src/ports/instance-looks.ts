import type { Cancel, Clock } from './clock.ts'

/** What an instance is asked at its base address to see whether it answers: any answer will do, within so long. */
export const instanceLook: { readonly path: string; readonly maxMs: number } = {
  path: '/health/live',
  maxMs: 2_000
}

/** So long what was heard of an instance counts. */
const heardMs = 1_000
/** How long an answer is waited for before a look, and between two looks. */
const patienceMs = 1_000
/** Looks without an answer, one after the other, after which an instance is taken to stand still: one may be bad luck. */
const looksMax = 2

/**
 * Which instances of a service answer. One that did not comes after the others until a look at it succeeds, so that one
 * that stands still, which takes connections and says nothing, costs nobody more than one look.
 */
export class InstanceLooks {
  readonly #clock: Clock
  readonly #ask: (url: string) => Promise<unknown>
  readonly #heardMs = new Map<string, number>()
  readonly #silent = new Set<string>()
  readonly #underWay = new Map<string, Promise<boolean>>()

  /** `ask` asks an instance for `instanceLook`, and fails when it does not answer in that time. */
  constructor(clock: Clock, ask: (url: string) => Promise<unknown>) {
    this.#clock = clock
    this.#ask = ask
  }

  /** It said something. */
  heard(url: string): void {
    this.#heardMs.set(url, this.#clock.nowMs())
    this.#silent.delete(url)
  }

  /** It did not answer. */
  unheard(url: string): void {
    this.#silent.add(url)
  }

  /** Those that answer, as they are, and then those that do not: these are looked at, but not waited for. */
  inOrder(urls: readonly string[]): readonly string[] {
    this.#forget(urls)
    // Who is alone is asked in any case.
    if (urls.length < 2 || this.#silent.size === 0) return urls
    const silent = urls.filter((url) => this.#silent.has(url))
    for (const url of silent) void this.#look(url)
    return [...urls.filter((url) => !this.#silent.has(url)), ...silent]
  }

  /** Whether it answers: it did a moment ago, or does now. Never fails. */
  async answers(url: string): Promise<boolean> {
    return (!this.#silent.has(url) && this.#isHeard(url)) || this.#look(url)
  }

  /**
   * Looks at the instance while something is waited for, until what it gives is called: once a second in which nothing
   * else was heard of it. Calls `gone` when it stands still, and again at each further look that says so.
   */
  watch(url: string, gone: () => void): () => void {
    let isOver = false
    let missed = 0
    let next: Cancel = () => undefined
    const look = async (): Promise<void> => {
      missed = (await this.answers(url)) ? 0 : missed + 1
      if (!isOver && missed >= looksMax) gone()
      wait()
    }
    const wait = (): void => {
      if (!isOver) next = this.#clock.schedule(patienceMs, () => void look())
    }
    wait()
    return () => {
      isOver = true
      next()
    }
  }

  /** The clock on the wall may jump back. */
  #isHeard(url: string): boolean {
    const sinceMs = this.#clock.nowMs() - (this.#heardMs.get(url) ?? Number.NEGATIVE_INFINITY)
    return sinceMs >= 0 && sinceMs < heardMs
  }

  /** One look at a time, for all who want to know. */
  #look(url: string): Promise<boolean> {
    const before = this.#underWay.get(url)
    if (before) return before
    const look = this.#ask(url)
      .then(
        () => {
          this.heard(url)
          return true
        },
        () => {
          this.unheard(url)
          return false
        }
      )
      .finally(() => this.#underWay.delete(url))
    this.#underWay.set(url, look)
    return look
  }

  /** Instances come and go, and with them their addresses. */
  #forget(urls: readonly string[]): void {
    if (this.#heardMs.size + this.#silent.size <= 2 * urls.length) return
    for (const known of [this.#heardMs, this.#silent])
      for (const url of known.keys()) if (!urls.includes(url)) known.delete(url)
  }
}
