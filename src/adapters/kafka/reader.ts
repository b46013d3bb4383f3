import type { KafkaFetched } from './client.ts'
import { answerWithin, errorNames } from './driver-errors.ts'
import type { Hearing } from './hearing.ts'
import type { KafkaBusSettings } from './options.ts'

const waitMaxMs = 500
const fetchMaxBytes = 2 ** 20
const retryBaseMs = 50
const retryMaxMs = 2_000
// The driver opens another session then; nothing is lost.
const sessionErrors = [
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR'
]

/**
 * Asks the brokers for more, each of them one request at a time for all services that are heard: a broker answers the
 * requests of a connection one after the other, and keeps one that finds nothing until there is something.
 */
export class Reader {
  readonly #settings: KafkaBusSettings
  readonly #hearings: ReadonlyMap<string, Hearing>
  readonly #loops = new Map<number, Promise<void>>()
  /** How often each has failed since it answered last. */
  readonly #failures = new Map<number, number>()
  #closed = false

  /** Reads for those that are in the map at each time. */
  constructor(settings: KafkaBusSettings, hearings: ReadonlyMap<string, Hearing>) {
    this.#settings = settings
    this.#hearings = hearings
  }

  /** There is a service more to be heard, or one is found elsewhere. */
  wake(): void {
    if (this.#closed) return
    for (const hearing of this.#hearings.values())
      for (const node of hearing.leaders)
        if (!this.#loops.has(node)) this.#loops.set(node, this.#readFrom(node))
  }

  /** Resolves when the requests that are under way have ended, or after that time. */
  async close(withinMs: number): Promise<void> {
    this.#closed = true
    await new Promise<void>((resolve) => {
      const cancel = this.#settings.clock.schedule(withinMs, resolve)
      void Promise.all(this.#loops.values()).then(() => {
        cancel()
        resolve()
      })
    })
  }

  async #readFrom(node: number): Promise<void> {
    while (!this.#closed) {
      const hearings = [...this.#hearings.values()].filter((hearing) => hearing.leaders.includes(node))
      if (hearings.length === 0) break
      try {
        await this.#readOnce(node, hearings)
        this.#failures.delete(node)
      } catch (error) {
        if (this.#closed) break
        await this.#failed(error, hearings)
        const failures = this.#failures.get(node) ?? 0
        this.#failures.set(node, failures + 1)
        await this.#pause(Math.min(retryMaxMs, retryBaseMs * 2 ** failures))
      }
    }
    this.#loops.delete(node)
    // What was found meanwhile at a broker that was about to be left.
    this.wake()
  }

  async #readOnce(node: number, hearings: readonly Hearing[]): Promise<void> {
    const topics = hearings.map((hearing) => hearing.wantedOf(node)).filter((topic) => topic !== undefined)
    const limits = { maxWaitTime: waitMaxMs, minBytes: 1, maxBytes: fetchMaxBytes }
    this.#take(await this.#settings.consumer.fetch({ node, topics, ...limits }), hearings)
  }

  #take(fetched: KafkaFetched, hearings: readonly Hearing[]): void {
    for (const { topicId, partitions } of fetched.responses) {
      const hearing = hearings.find((each) => each.topicId === topicId)
      for (const partition of partitions) if (partition.errorCode === 0) hearing?.take(partition)
    }
  }

  /** Some partitions may have answered all the same; those that have not are looked for anew. */
  async #failed(error: unknown, hearings: readonly Hearing[]): Promise<void> {
    const answer = answerWithin(error)
    if (answer) this.#take(answer, hearings)
    const failed = new Set(
      (answer?.responses ?? [])
        .filter(({ partitions }) => partitions.some(({ errorCode }) => errorCode !== 0))
        .map(({ topicId }) => topicId)
    )
    const names = errorNames(error)
    if (failed.size === 0 && !sessionErrors.some((name) => names.has(name))) {
      for (const hearing of hearings) hearing.lose(error)
      // Where the brokers are may have changed as well.
      await this.#settings.consumer.metadata({ topics: [], forceUpdate: true }).catch(() => undefined)
    }
    for (const hearing of hearings) if (failed.has(hearing.topicId ?? '')) hearing.lose(error)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#settings.clock.schedule(ms * (0.5 + this.#settings.ids.random() / 2), resolve)
    })
  }
}
