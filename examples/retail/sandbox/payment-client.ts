import { createHash } from 'node:crypto'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import {
  type CardMovement,
  type CardOutcome,
  type ChargeReversal,
  type PaymentProvider,
  PaymentTrouble,
  type ReversalOutcome
} from '../billing/payment-provider.ts'

type Asked = {
  /** Where the provider listens, such as `http://127.0.0.1:4100`. */
  url: string
  /** Stops waiting. The money may move all the same. */
  signal?: AbortSignal
  /** How long to wait for an answer at most, 10 seconds unless told. */
  deadlineMs?: number
}

/** Money to be moved. */
export type CardRequest = Omit<CardMovement, 'signal'> & Asked

/** Undoing a charge whose outcome is not known. */
export type ReversalRequest = Omit<ChargeReversal, 'signal'> & Asked

type Answer = { status: number; body: Readonly<Record<string, unknown>> }

const answerLengthMax = 65_536
const agent = new Agent({ keepAlive: true, maxSockets: 128, maxFreeSockets: 128 })

/** Takes the money once per idempotency key. Throws PaymentTrouble when there is no verdict. */
export async function chargeCard(request: CardRequest): Promise<CardOutcome> {
  return moveMoney('/charges', request)
}

/** Gives the money back once per idempotency key; otherwise as chargeCard. */
export async function refundCard(request: CardRequest): Promise<CardOutcome> {
  return moveMoney('/refunds', request)
}

/**
 * Settles a charge that never got an answer: refunds it if it happened, and makes sure that it cannot happen
 * later. Safe to repeat. For charges of which nothing was refunded yet.
 */
export async function reverseCharge(request: ReversalRequest): Promise<ReversalOutcome> {
  const chargeKey = headerKey(request.chargeKey)
  const idempotencyKey = headerKey(`reversal:${request.chargeKey}`)
  const { status, body } = await post('/reversals', { ...request, idempotencyKey }, { chargeKey })
  if (status === 201 && body['outcome'] === 'nothing charged') return { outcome: 'nothing charged' }
  if (status === 201 && body['outcome'] === 'reversed') {
    return { outcome: 'reversed', providerId: String(body['id']), pence: Number(body['pence']) }
  }
  throw noVerdict('/reversals', { status, body })
}

/** The provider over HTTP. `url` is asked each time, as the provider may have moved. */
export function paymentClient(options: { url: () => string; deadlineMs?: number }): PaymentProvider {
  const { url, ...waiting } = options
  return {
    charge: (movement) => chargeCard({ ...movement, ...waiting, url: url() }),
    refund: (movement) => refundCard({ ...movement, ...waiting, url: url() }),
    reverse: (reversal) => reverseCharge({ ...reversal, ...waiting, url: url() })
  }
}

async function moveMoney(path: string, request: CardRequest): Promise<CardOutcome> {
  const { card, pence, reference } = request
  const key = headerKey(request.idempotencyKey)
  const { status, body } = await post(path, { ...request, idempotencyKey: key }, { card, pence, reference })
  if (status === 201 && typeof body['id'] === 'string') return { outcome: 'approved', providerId: body['id'] }
  if (status === 402 && typeof body['reason'] === 'string')
    return { outcome: 'declined', reason: body['reason'] }
  throw noVerdict(path, { status, body })
}

// A header holds visible ASCII only, while keys may be made of whatever a customer typed into an address.
function headerKey(key: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(key) ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`
}

function noVerdict(path: string, { status, body }: Answer): PaymentTrouble {
  const retriable = status < 300 || status >= 500 || [408, 409, 425, 429].includes(status)
  const why = [body['title'], body['detail'], body['errors']].filter((part) => part !== undefined)
  const words = why.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ')
  return new PaymentTrouble(`payment provider: POST ${path} got ${status} ${words}`.trim(), {
    retriable,
    status
  })
}

type Posting = { url: string; idempotencyKey: string; signal?: AbortSignal; deadlineMs?: number }

function post(path: string, posting: Posting, body: object): Promise<Answer> {
  const { url, idempotencyKey, signal, deadlineMs = 10_000 } = posting
  const payload = JSON.stringify(body)
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
    'idempotency-key': idempotencyKey
  }
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      const why = signal?.aborted === true ? `gave up waiting: ${String(signal.reason)}` : cause.message
      reject(
        new PaymentTrouble(`payment provider: POST ${path} to ${url}: ${why}`, { retriable: true, cause })
      )
    }
    const abort = signal === undefined ? {} : { signal }
    const request = httpRequest(new URL(path, url), { method: 'POST', agent, headers, ...abort })
    const late = new Error(`no answer within ${deadlineMs} ms`)
    const deadline = setTimeout(() => {
      fail(late)
      request.destroy()
    }, deadlineMs)
    request.on('error', fail)
    request.on('close', () => clearTimeout(deadline))
    request.on('response', (response) => readAnswer(response, resolve, fail))
    request.end(payload)
  })
}

function readAnswer(
  response: IncomingMessage,
  resolve: (answer: Answer) => void,
  fail: (cause: Error) => void
): void {
  let text = ''
  response.setEncoding('utf8')
  response.on('data', (part: string) => {
    text += part
    if (text.length > answerLengthMax)
      response.destroy(new Error(`the answer exceeds ${answerLengthMax} characters`))
  })
  response.on('error', fail)
  response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(text) }))
}

// What does not parse is answered by something else than the provider; the status alone then says what to do.
function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
