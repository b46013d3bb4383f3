import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** What the shop answered that is neither a success nor a reason to wait. */
export class ShopRefusal extends Error {
  readonly status: number
  /** The code of the error table, or the business's own code when the shop refused. */
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.name = 'ShopRefusal'
    this.status = status
    this.code = code
  }
}

/** Nobody listens at the address. */
class ShopUnreachable extends Error {
  constructor(url: string, cause: unknown) {
    super(`Nothing answers at ${url}. Start the shop with: npm start`, { cause })
    this.name = 'ShopUnreachable'
  }
}

interface ShopAnswer {
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly body: unknown
}

interface ProblemBody {
  readonly code?: string
  readonly detail?: string
  readonly title?: string
  readonly refusal?: { readonly code: string; readonly reason: string }
  readonly problems?: readonly { readonly pointer?: string; readonly problem?: string }[]
}

const answerMs = 60_000
/** A shop that was just killed may be on its way back. */
const meetMs = 4_000
const pauseFirstMs = 50
const pauseMaxMs = 2_000
const connectionsMax = 64

/** Speaks to a running shop over its public HTTP API, and waits where waiting helps. */
export class ShopClient {
  readonly #url: URL
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connectionsMax })
  readonly #waiting: (why: string) => void

  /** `waiting` is told why the client waits, once for each pause. */
  constructor(url: string, waiting: (why: string) => void) {
    this.#url = new URL(url)
    this.#waiting = waiting
  }

  /** Fails with `ShopUnreachable` when nothing listens, and nothing begins to within a few seconds. */
  async meet(): Promise<void> {
    const deadlineMs = performance.now() + meetMs
    for (;;) {
      try {
        await this.#ask('GET', '/health')
        return
      } catch (error) {
        if (performance.now() > deadlineMs) throw new ShopUnreachable(this.#url.origin, error)
        await pause(pauseFirstMs)
      }
    }
  }

  /** Sends a command; resolves when it is accepted, by this request or by an earlier one with the same key. */
  async command(path: readonly string[], data: unknown, idempotencyKey: string): Promise<void> {
    await this.#insist('POST', addressOf(path), data, idempotencyKey)
  }

  /** One row of a read model; `undefined` when there is none. */
  async row(path: readonly string[]): Promise<unknown> {
    try {
      const { body } = await this.#insist('GET', addressOf(path))
      return (body as { readonly data: unknown }).data
    } catch (error) {
      if (error instanceof ShopRefusal && error.code === 'ROW_UNKNOWN') return undefined
      throw error
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Asks until there is an answer that waiting cannot change. */
  async #insist(method: string, path: string, data?: unknown, idempotencyKey?: string): Promise<ShopAnswer> {
    for (let pauseMs = pauseFirstMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
      const { answer, why } = await this.#try(method, path, data, idempotencyKey)
      if (answer && answer.status < 300) return answer
      if (answer && !isPassing(answer)) throw refusalOf(answer)
      this.#waiting(why)
      await pause(answer?.retryAfterMs ?? pauseMs)
    }
  }

  async #try(
    method: string,
    path: string,
    data: unknown,
    idempotencyKey?: string
  ): Promise<{ answer?: ShopAnswer; why: string }> {
    try {
      const answer = await this.#ask(method, path, data, idempotencyKey)
      return { answer, why: `The shop is busy (${answer.status}).` }
    } catch (error) {
      return {
        why: `The shop does not answer (${(error as NodeJS.ErrnoException).code ?? 'no connection'}).`
      }
    }
  }

  #ask(method: string, path: string, data?: unknown, idempotencyKey?: string): Promise<ShopAnswer> {
    const body = data === undefined ? undefined : JSON.stringify(data)
    const headers = {
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey })
    }
    return new Promise((resolve, reject) => {
      const asked = request(
        new URL(path, this.#url),
        { method, headers, agent: this.#agent, timeout: answerMs },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', reject)
          response.on('end', () => {
            const retryAfter = Number(response.headers['retry-after'])
            const retryAfterMs = Number.isFinite(retryAfter)
              ? Math.max(pauseFirstMs, retryAfter * 1000)
              : undefined
            resolve({ status: response.statusCode ?? 0, retryAfterMs, body: bodyOf(Buffer.concat(parts)) })
          })
        }
      )
      asked.on('timeout', () => asked.destroy(new Error('The shop took too long.')))
      asked.on('error', reject)
      asked.end(body)
    })
  }
}

function addressOf(path: readonly string[]): string {
  return `/${path.map(encodeURIComponent).join('/')}`
}

function bodyOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return {}
  }
}

/** Whether the same request may succeed later: the shop is overloaded, stopping, or still busy with this very key. */
function isPassing({ status, body }: ShopAnswer): boolean {
  return status === 429 || status >= 500 || (body as ProblemBody).code === 'IDEMPOTENCY_KEY_IN_FLIGHT'
}

function refusalOf({ status, body }: ShopAnswer): ShopRefusal {
  const { code = '', detail, title, refusal, problems = [] } = body as ProblemBody
  const places = problems.map(({ pointer = '', problem = '' }) => `${pointer}: ${problem}`).join('; ')
  const text = refusal?.reason ?? [detail ?? title ?? `HTTP ${status}`, places].filter(Boolean).join(' ')
  return new ShopRefusal(status, refusal?.code ?? code, text)
}
