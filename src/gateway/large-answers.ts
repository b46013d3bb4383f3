import type { FastifyInstance, FastifyReply } from 'fastify'
import { Failure } from '../core/index.ts'
import type { GatewayLimits } from './limits.ts'

/** What is no longer than this is always sent: problems, health, single rows. */
const smallLength = 65_536

interface UnderWay {
  readonly reply: FastifyReply
  readonly bytes: number
  readonly sinceMs: number
}

/** Large answers on their way to callers that may be slow to take them, the oldest first. */
class LargeAnswers {
  readonly #limits: GatewayLimits
  readonly #underWay = new Set<UnderWay>()
  #bytes = 0

  constructor(limits: GatewayLimits) {
    this.#limits = limits
  }

  #end(one: UnderWay): void {
    if (this.#underWay.delete(one)) this.#bytes -= one.bytes
  }

  /** Whether there is room for so many bytes, after those have been cut that take too long. One alone always has it. */
  hasRoomFor(bytes: number): boolean {
    const { answersMaxBytes, answerMs } = this.#limits
    const latestMs = performance.now() - answerMs
    for (const one of this.#underWay) {
      if (this.#bytes + bytes <= answersMaxBytes || one.sinceMs > latestMs) break
      this.#end(one)
      one.reply.raw.destroy()
    }
    return this.#underWay.size === 0 || this.#bytes + bytes <= answersMaxBytes
  }

  begin(reply: FastifyReply, bytes: number): void {
    const one = { reply, bytes, sinceMs: performance.now() }
    this.#underWay.add(one)
    this.#bytes += bytes
    reply.raw.once('close', () => this.#end(one))
  }
}

/** Bounds the memory that answers take until they are sent: what has no room is `OVERLOADED` in its place. */
export function boundAnswers(app: FastifyInstance, limits: GatewayLimits): void {
  const answers = new LargeAnswers(limits)
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (typeof payload !== 'string' || payload.length <= smallLength) return done()
    const bytes = Buffer.byteLength(payload)
    if (answers.hasRoomFor(bytes)) {
      answers.begin(reply, bytes)
      return done()
    }
    // Its tag, its link and how long it lasts are those of the answer that is not sent.
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
    done(new Failure('OVERLOADED'))
  })
}
