import type { Committed, ParkedChange, ParkedMessage, ParkedWrite, Store } from '../ports/index.ts'

/** The first parked message of one subscription and key, while there is something to do about it. */
export interface Head {
  readonly number: number
  readonly subscription: string
  readonly key: string
  readonly parked: ParkedMessage
  /** When it may be tried; infinity while it is dead. */
  readonly dueMs: number
}

/** What is to be done about a message that is the first of its key. */
function headOf(parked: ParkedMessage): Head {
  const { number, subscription, key, status, dueMs, parkedMs } = parked
  if (status === 'dead') return { number, subscription, key, parked, dueMs: Number.POSITIVE_INFINITY }
  // What did not have to wait when it was parked does not have to now, wherever the clock has been set meanwhile.
  return { number, subscription, key, parked, dueMs: dueMs === parkedMs ? 0 : dueMs }
}

/** Messages of one subscription that wait to be tried; it takes no more from its sources beyond this. */
const openMax = 10_000

/**
 * Which keys have parked messages, and the head of each. The store is the truth; this is rebuilt from it at a start
 * and kept in step after each commit.
 */
export class Parking {
  readonly #store: Store
  readonly #keysMax: number
  readonly #pauseMaxMs: (parked: ParkedMessage) => number
  readonly #counts = new Map<string, Map<string, number>>()
  readonly #heads = new Map<number, Head>()
  readonly #open = new Map<string, number>()
  #fresh = new Set<number>()
  #later = new Set<number>()
  #laterMs = Number.POSITIVE_INFINITY
  #lookedMs = 0
  /** Keys whose head is gone and whose next message is not at hand yet. */
  #orphans: { readonly subscription: string; readonly key: string }[] = []

  /** `pauseMaxMs` is the longest that a message waits for its next attempt. */
  constructor(store: Store, keysMax: number, pauseMaxMs: (parked: ParkedMessage) => number) {
    this.#store = store
    this.#keysMax = keysMax
    this.#pauseMaxMs = pauseMaxMs
  }

  /** When the next head may be tried; infinity when there is none. */
  get nextMs(): number {
    return this.#fresh.size > 0 || this.#orphans.length > 0 ? 0 : this.#laterMs
  }

  /** Lets a head come again that was taken when nothing could be done about it. */
  offerAgain(number: number): void {
    if (this.#heads.has(number)) this.#fresh.add(number)
  }

  /** Lets every head come again, after a turn that was not committed. */
  offerAll(): void {
    for (const number of this.#heads.keys()) this.#fresh.add(number)
  }

  /** Lets every head of a subscription come again: while it was not there, nobody took them. */
  offerAllOf(subscription: string): void {
    for (const [number, head] of this.#heads) if (head.subscription === subscription) this.#fresh.add(number)
  }

  /** The heads that may be tried now, each once: it comes again after a turn has changed it, or when it is offered. */
  takeDue(nowMs: number, limit: number): readonly Head[] {
    if (nowMs < this.#lookedMs) this.#expedite()
    this.#lookedMs = nowMs
    if (nowMs >= this.#laterMs) {
      for (const number of this.#later) this.#fresh.add(number)
      this.#later = new Set()
      this.#laterMs = Number.POSITIVE_INFINITY
    }
    const due: Head[] = []
    const fresh = this.#fresh
    this.#fresh = new Set()
    for (const number of fresh) {
      const head = this.#heads.get(number)
      if (due.length >= limit) this.#fresh.add(number)
      else if (!head || head.dueMs === Number.POSITIVE_INFINITY) continue
      else if (head.dueMs <= nowMs || this.#isAstray(head, nowMs)) due.push(head)
      else {
        this.#later.add(number)
        this.#laterMs = Math.min(this.#laterMs, head.dueMs)
      }
    }
    return due
  }

  /** Whether it would wait for longer than anything does: the clock was set back, perhaps while nobody ran. */
  #isAstray({ dueMs, parked }: Head, nowMs: number): boolean {
    return dueMs - nowMs > this.#pauseMaxMs(parked)
  }

  /** The clock was set back: nobody knows how long the pauses still are, so they end. */
  #expedite(): void {
    this.#laterMs = 0
    for (const number of this.#later) {
      const head = this.#heads.get(number)
      if (head && head.dueMs !== Number.POSITIVE_INFINITY) this.#heads.set(number, { ...head, dueMs: 0 })
    }
  }

  head(number: number): Head | undefined {
    return this.#heads.get(number)
  }

  isParked(subscription: string, key: string): boolean {
    return this.#counts.get(subscription)?.has(key) ?? false
  }

  hasAny(subscription: string): boolean {
    return (this.#counts.get(subscription)?.size ?? 0) > 0
  }

  /** How many messages of a subscription are parked. */
  count(subscription: string): number {
    let total = 0
    for (const count of this.#counts.get(subscription)?.values() ?? []) total += count
    return total
  }

  /** Why the first dead message of a subscription is dead, if there is one and none is still to be tried. */
  deadOf(subscription: string): string | undefined {
    let dead: string | undefined
    for (const { subscription: name, parked } of this.#heads.values()) {
      if (name !== subscription) continue
      if (parked.status !== 'dead') return undefined
      dead ??= parked.failure
    }
    return dead
  }

  /** Whether a subscription should leave further messages where they are. */
  isFull(subscription: string): boolean {
    const open = this.#open.get(subscription) ?? 0
    return open >= openMax || (this.#counts.get(subscription)?.size ?? 0) >= this.#keysMax
  }

  /** Reads from the store which keys are parked and what is to be done about each; of these subscriptions only, if named. */
  async recover(subscriptions?: Iterable<string>): Promise<void> {
    this.#counts.clear()
    this.#heads.clear()
    this.#open.clear()
    this.#orphans = []
    this.#fresh = new Set()
    this.#later = new Set()
    this.#laterMs = Number.POSITIVE_INFINITY
    if (!subscriptions) await this.#read({})
    else for (const subscription of subscriptions) await this.#read({ subscription })
  }

  /** Reads anew what is parked of one subscription: others may have changed it. */
  async load(subscription: string): Promise<void> {
    this.forget(subscription)
    await this.#read({ subscription })
  }

  async #read(filter: { readonly subscription?: string }): Promise<void> {
    for (let after = 0; ; ) {
      const page = await this.#store.parked({ ...filter, afterNumber: after, limit: 1_000 })
      for (const parked of page) this.#add(parked)
      if (page.length < 1_000) return
      after = (page.at(-1) as ParkedMessage).number
    }
  }

  /** Takes over what a turn parked and changed; `adopt` then fetches what follows the heads that are gone. */
  settle(parked: readonly ParkedWrite[], changes: readonly ParkedChange[], committed: Committed): void {
    for (const [index, write] of parked.entries()) {
      const parked = { ...write, number: committed.parkedNumbers[index] as number } as ParkedMessage
      this.#add(parked)
    }
    for (const change of changes) {
      const head = this.#heads.get(change.number)
      if (!head) continue
      if (change.status === 'gone') this.#remove(head)
      else this.#replace(head, change)
    }
  }

  #add(parked: ParkedMessage): void {
    const { subscription, key } = parked
    let keys = this.#counts.get(subscription)
    if (!keys) {
      keys = new Map()
      this.#counts.set(subscription, keys)
    }
    const before = keys.get(key) ?? 0
    keys.set(key, before + 1)
    // Whatever its status says, the first of a key is the one to be tried.
    if (before === 0) this.#setHead(headOf(parked))
  }

  #setHead(head: Head): void {
    const former = this.#heads.get(head.number)
    const change =
      Number(head.parked.status !== 'dead') - Number(former !== undefined && former.parked.status !== 'dead')
    this.#open.set(head.subscription, (this.#open.get(head.subscription) ?? 0) + change)
    this.#heads.set(head.number, head)
    this.#fresh.add(head.number)
  }

  #replace(head: Head, change: ParkedChange): void {
    const parked = {
      ...head.parked,
      status: change.status as ParkedMessage['status'],
      attempts: change.attempts,
      dueMs: change.dueMs,
      failure: change.failure,
      ...(change.message === undefined ? {} : { message: change.message as ParkedMessage['message'] })
    }
    this.#setHead(headOf(parked))
  }

  #remove(head: Head): void {
    const { subscription, key, number, parked } = head
    this.#heads.delete(number)
    if (parked.status !== 'dead') this.#open.set(subscription, (this.#open.get(subscription) ?? 1) - 1)
    const keys = this.#counts.get(subscription)
    const left = (keys?.get(key) ?? 1) - 1
    if (left > 0) keys?.set(key, left)
    else keys?.delete(key)
    if (left > 0) this.#orphans.push({ subscription, key })
  }

  get hasOrphans(): boolean {
    return this.#orphans.length > 0
  }

  /** Finds the next message of every key whose head is gone. */
  async adopt(): Promise<void> {
    for (let orphan = this.#orphans[0]; orphan; orphan = this.#orphans[0]) {
      const [parked] = await this.#store.parked({ ...orphan, limit: 1 })
      this.#orphans.shift()
      if (parked) this.#setHead(headOf(parked))
    }
  }

  /** Forgets a subscription that is no more. */
  forget(subscription: string): void {
    this.#counts.delete(subscription)
    this.#open.delete(subscription)
    for (const [number, head] of this.#heads)
      if (head.subscription === subscription) this.#heads.delete(number)
    this.#orphans = this.#orphans.filter((orphan) => orphan.subscription !== subscription)
  }
}
