import { Agent, type IncomingMessage, request } from 'node:http'
import { Failure } from '../core/index.ts'
import { type Clock, InstanceLooks, instanceLook } from '../ports/index.ts'
import { gatewayLimits } from './limits.ts'
import { failureOfProblem } from './problem.ts'

/** Answers larger than this are no answers of a gateway. */
const answerMaxBytes = 256 * 1024 * 1024

/**
 * How long an answer may take, in milliseconds: less than a connection to the gateway in front may be silent, so that
 * its caller is told, and not cut.
 */
export const answerMs: number = gatewayLimits.silenceMs - 10_000

/** One request to the gateway of a service in another process. */
export interface RemoteRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** How long the answer may take, in milliseconds, whoever gives it. */
  readonly maxMs: number
}

/** What another gateway answered. */
export interface RemoteAnswer {
  readonly isOk: boolean
  readonly body: unknown
}

async function bodyOf(response: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.byteLength
    if (bytes > answerMaxBytes) throw new Error(`more than ${answerMaxBytes} bytes`)
    parts.push(part)
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8'))
}

/** A machine that is gone refuses nothing: so long a connection may take to come about. */
const connectMaxMs = 2_000

/** Failures of a connection that never came about: nothing was asked. */
const unreached: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN'
])

function notConnected(): NodeJS.ErrnoException {
  const failure = new Error(`no connection within ${connectMaxMs} ms`)
  return Object.assign(failure, { code: 'ETIMEDOUT', syscall: 'connect' })
}

/** Whether nothing was asked; a connection that stood may fail with some of these codes, too, and then reads or writes. */
function isUnasked({ code = '', syscall }: NodeJS.ErrnoException): boolean {
  return unreached.has(code) && syscall !== 'read' && syscall !== 'write'
}

/**
 * The way to the gateways of one service in other processes: the instances of it are asked in turn, those that did not
 * answer last time after the others. Connections are kept open between requests.
 */
export class RemoteGateway {
  readonly service: string
  readonly #addresses: () => readonly string[]
  readonly #agent = new Agent({ keepAlive: true, keepAliveMsecs: 5_000, maxFreeSockets: 64 })
  readonly #looks: InstanceLooks
  #turn = 0

  /** `addresses` gives where its instances are now; none while nobody knows. */
  constructor(service: string, addresses: () => readonly string[], clock: Clock) {
    this.service = service
    this.#addresses = addresses
    this.#looks = new InstanceLooks(clock, (url) => this.#exchange(url, { method: 'GET', ...instanceLook }))
  }

  /**
   * Asks one instance; another one only when it is certain that the first was not asked, or took nothing because it
   * stops, or has no such service. Where there are several, one of which nothing was heard for a moment is not asked
   * before it says that it is there, and one that stands still meanwhile is given up within seconds. Fails with
   * `SERVICE_UNREACHABLE` when no whole answer comes: what was asked may have been done.
   */
  async ask(asked: RemoteRequest): Promise<RemoteAnswer> {
    const untilMs = performance.now() + asked.maxMs
    const urls = this.#inTurn()
    const hasOthers = urls.length > 1
    let last: RemoteAnswer | Failure = this.#unreachable('nobody knows where it is')
    for (const url of urls) {
      if (hasOthers && !(await this.#looks.answers(url))) {
        last = this.#unreachable(`${url}: no word within ${instanceLook.maxMs} ms`)
        continue
      }
      const maxMs = Math.max(1, untilMs - performance.now())
      try {
        last = await (hasOthers ? this.#watched(url, { ...asked, maxMs }) : this.#exchange(url, asked))
        if (last.isOk) return last
        const { code, message } = failureOfProblem(last.body)
        // The address is that of another service, as after two were swapped; here it took nothing.
        if (code === 'SERVICE_UNKNOWN') last = this.#unreachable(`${url}: ${message}`)
        else if (code !== 'STOPPING') return last
      } catch (thrown) {
        this.#looks.unheard(url)
        const { code, message } = thrown as NodeJS.ErrnoException
        last = this.#unreachable(`${url}: ${code ?? message}`, thrown)
        if (asked.method !== 'GET' && !isUnasked(thrown as NodeJS.ErrnoException)) throw last
      }
    }
    if (last instanceof Failure) throw last
    return last
  }

  /** Asks for something that is given or fails with the code of the problem. */
  async get<Answer>(path: string, maxMs: number): Promise<Answer> {
    const { isOk, body } = await this.ask({ method: 'GET', path, maxMs })
    if (!isOk) throw failureOfProblem(body)
    return body as Answer
  }

  /**
   * Asks every instance for something; gives what was given. One that is not there is left out, one that is there and
   * does not answer in time, or gives something else, is `SERVICE_UNREACHABLE`, and so is a service without any.
   */
  async getAll<Answer>(path: string, maxMs: number): Promise<readonly Answer[]> {
    const given: Answer[] = []
    for (const asked of await Promise.allSettled(
      this.#addresses().map((url) => this.#exchange(url, { method: 'GET', path, maxMs }))
    )) {
      if (asked.status === 'fulfilled' && asked.value.isOk) given.push(asked.value.body as Answer)
      else if (asked.status === 'fulfilled') throw failureOfProblem(asked.value.body)
      else if (!isUnasked(asked.reason as NodeJS.ErrnoException))
        throw this.#unreachable(String(asked.reason), asked.reason)
    }
    if (given.length === 0) throw this.#unreachable('no instance of it answers')
    return given
  }

  /** Lets go of the connections. */
  close(): void {
    this.#agent.destroy()
  }

  #unreachable(why: string, cause?: unknown): Failure {
    const { service } = this
    return new Failure(
      'SERVICE_UNREACHABLE',
      { service, hint: `${service} does not answer (${why}).` },
      cause
    )
  }

  #inTurn(): readonly string[] {
    const urls = this.#addresses()
    const first = this.#turn++ % Math.max(1, urls.length)
    return this.#looks.inOrder([...urls.slice(first), ...urls.slice(0, first)])
  }

  async #watched(url: string, asked: RemoteRequest): Promise<RemoteAnswer> {
    const givingUp = new AbortController()
    const enough = this.#looks.watch(url, () => givingUp.abort())
    try {
      return await this.#exchange(url, asked, givingUp.signal)
    } catch (thrown) {
      throw givingUp.signal.aborted ? new Error('it stands still', { cause: thrown }) : thrown
    } finally {
      enough()
    }
  }

  #exchange(url: string, asked: RemoteRequest, givenUp?: AbortSignal): Promise<RemoteAnswer> {
    const { method, path, headers = {}, body, maxMs } = asked
    const text = body === undefined ? undefined : JSON.stringify(body)
    const typed =
      text === undefined
        ? headers
        : {
            ...headers,
            'content-type': 'application/json',
            'content-length': `${Buffer.byteLength(text)}`
          }
    const beganMs = performance.now()
    return new Promise((resolve, reject) => {
      const options = { method, headers: typed, agent: this.#agent, ...(givenUp && { signal: givenUp }) }
      const sent = request(new URL(path, url), options, (response) => {
        this.#looks.heard(url)
        const isOk = (response.statusCode ?? 0) < 300
        bodyOf(response).then((answer) => resolve({ isOk, body: answer }), reject)
      })
      const late = setTimeout(() => sent.destroy(new Error(`no answer within ${maxMs} ms`)), maxMs)
      sent.on('close', () => clearTimeout(late))
      sent.on('socket', (socket) => {
        if (!socket.connecting) return
        const away = setTimeout(() => sent.destroy(notConnected()), connectMaxMs)
        socket.once('connect', () => clearTimeout(away))
        sent.on('close', () => clearTimeout(away))
      })
      sent.on('error', (failure: NodeJS.ErrnoException) => {
        // The other side closed a connection that was kept in the moment in which it was taken: it is there all the same.
        const isStale = sent.reusedSocket && failure.code === 'ECONNRESET'
        if (method !== 'GET' || !isStale) reject(failure)
        else resolve(this.#exchange(url, { ...asked, maxMs: maxMs - (performance.now() - beganMs) }, givenUp))
      })
      sent.end(text)
    })
  }
}
