import { Failure, toFailure } from '../core/index.ts'
import type { Cancel, Clock } from './clock.ts'
import type { Discovery } from './discovery.ts'
import {
  type InstanceBoard,
  type InstanceNotice,
  type InstanceUrls,
  instanceUrls,
  noticeMs,
  type PostedInstance
} from './instance-board.ts'
import type { Log } from './log.ts'
import { Readiness } from './readiness.ts'

const beatMs = 1_000
/** How long a board may take to answer. */
const answerMs = 2_000
/** Looks after an absence of the board in which those known before count, too: not all have put up a notice again. */
const looksUntilAll = noticeMs / beatMs

/** What a discovery over a board is made of. */
export interface BoardDiscoveryOptions {
  readonly board: InstanceBoard
  readonly clock: Clock
  readonly log?: Log
}

/** An instance that puts up its notices here. */
interface Mine extends PostedInstance {
  readonly readiness: Readiness
  wasReady: boolean
}

class BoardDiscovery implements Discovery {
  readonly #options: BoardDiscoveryOptions
  readonly #mine = new Set<Mine>()
  #known: InstanceUrls = new Map()
  #alarm: Cancel | undefined
  #underWay: Promise<void> = Promise.resolve()
  #isAway = false
  #looksLeft = 0
  #closed = false

  constructor(options: BoardDiscoveryOptions) {
    this.#options = options
  }

  addresses(service: string): readonly string[] {
    return this.#known.get(service) ?? []
  }

  async register(
    services: readonly string[],
    url: string,
    isReady: (service: string) => Promise<boolean> = () => Promise.resolve(true)
  ): Promise<() => Promise<void>> {
    const mine = services.map((service) => ({
      service,
      url,
      readiness: new Readiness(() => isReady(service)),
      wasReady: true
    }))
    for (const each of mine) this.#mine.add(each)
    this.#underWay = this.#underWay.then(() => this.#lookAgain())
    await this.#underWay
    return async () => {
      for (const each of mine) this.#mine.delete(each)
      await this.#underWay
      // Who cannot be told now finds out by itself.
      await this.#inTime(this.#options.board.remove(mine)).catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#alarm?.()
    await this.#underWay
    await this.#options.board.close()
  }

  /** Puts up what is registered, and looks who is there. */
  async look(): Promise<void> {
    const { board } = this.#options
    if (this.#mine.size > 0)
      await this.#inTime(board.post([...this.#mine].map((each) => this.#noticeOf(each))))
    const notices = await this.#inTime(board.read())
    const before = this.#looksLeft > 0 ? this.#known : undefined
    this.#looksLeft = Math.max(0, this.#looksLeft - 1)
    this.#known = instanceUrls(notices, before)
  }

  #noticeOf(mine: Mine): InstanceNotice {
    const { service, url, readiness, wasReady } = mine
    const { isReady } = readiness
    if (isReady !== wasReady) {
      mine.wasReady = isReady
      const { log } = this.#options
      if (isReady) log?.info('This instance takes work again; others may ask it.', { service, url })
      else
        log?.warn('This instance takes no work now; others ask another one, if there is one.', {
          service,
          url
        })
    }
    return { service, url, isReady }
  }

  /** A board that says nothing must not keep anybody from starting, going on or stopping. */
  async #inTime<Result>(asked: Promise<Result>): Promise<Result> {
    const { board, clock } = this.#options
    let cancel: Cancel = () => undefined
    const late = new Promise<never>((_, reject) => {
      const hint = `${board.name} did not answer within ${answerMs} ms.`
      cancel = clock.schedule(answerMs, () => reject(new Failure('BUS_UNAVAILABLE', { hint })))
    })
    try {
      return await Promise.race([asked, late])
    } finally {
      cancel()
      asked.catch(() => undefined)
    }
  }

  /** Looks once a second from now on. */
  begin(): void {
    this.#alarm = this.#options.clock.schedule(beatMs, () => {
      for (const { readiness } of this.#mine) readiness.look()
      this.#underWay = this.#underWay
        .then(() => this.#lookAgain())
        .then(() => {
          if (!this.#closed) this.begin()
        })
    })
  }

  async #lookAgain(): Promise<void> {
    const { board, log } = this.#options
    try {
      if (this.#isAway) this.#looksLeft = looksUntilAll
      await this.look()
      if (this.#isAway) log?.info('The board of instances is there again.', { board: board.name })
      this.#isAway = false
    } catch (thrown) {
      // Those known last are better than nobody: who finds the others must not be needed to go on.
      if (!this.#isAway)
        log?.warn('The board of instances cannot be read; those known last are used.', {
          board: board.name,
          failure: toFailure(thrown).message
        })
      this.#isAway = true
    }
  }
}

/**
 * Finds services by a board on which each instance puts up once a second that it is there: one that is gone is forgotten
 * within `noticeMs`. One that takes no work for some seconds is found only where no other one does. While the board is
 * away those known last are used. Fails as the board does when that will never be of use; one that does not answer now
 * keeps nothing from starting. The board is closed with it.
 */
export async function boardDiscovery(options: BoardDiscoveryOptions): Promise<Discovery> {
  const discovery = new BoardDiscovery(options)
  try {
    await discovery.look()
  } catch (thrown) {
    const failure = toFailure(thrown)
    if (failure.retry === 'never') {
      await options.board.close()
      throw failure
    }
    options.log?.warn('The board of instances does not answer; it is asked again.', {
      board: options.board.name,
      failure: failure.message
    })
  }
  discovery.begin()
  return discovery
}
