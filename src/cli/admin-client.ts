import { request } from 'node:http'
import { Failure, type FailureCode, failures } from '../core/index.ts'
import type { Problem } from '../gateway/index.ts'
import type { Call } from './call.ts'
import { operator } from './operator.ts'
import { type RunRecord, readRunRecord } from './run-record.ts'
import { dataDirectory } from './run-setting.ts'

const urlDefault = 'http://127.0.0.1:4000'

/** How long an answer may take. Checks of large logs, and effects that are tried again, take their time. */
const answerMs = 600_000

/** The HTTP side of a running system. */
export interface AdminClient {
  readonly url: string
  /**
   * The answer to a GET, as the gateway gives it. Fails with the code of the problem that was answered, or with
   * `SYSTEM_UNREACHABLE`.
   */
  get<Answer>(path: string): Promise<Answer>
  post<Answer>(path: string, body: unknown): Promise<Answer>
}

interface Received {
  readonly status: number
  readonly text: string
}

function exchange(
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: string
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false, timeout: answerMs }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerMs / 1_000} s`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function nobodyAnswers(url: string, record: RunRecord | undefined, thrown: unknown): Failure {
  const reason = (thrown as NodeJS.ErrnoException).code ?? (thrown as Error).message
  const start = `start it with 'skerry run', or say where it runs with --url or --data.`
  const last = record?.url === url ? record : undefined
  const hint = last
    ? isAlive(last.pid)
      ? `Process ${last.pid} should run it at ${url}, but does not answer (${reason}): is it starting or stopping?`
      : `Process ${last.pid}, which ran it at ${url}, is gone: ${start}`
    : `Nothing is at ${url} (${reason}): ${start}`
  return new Failure('SYSTEM_UNREACHABLE', { hint, url }, thrown)
}

/** The failure that an answer tells of; a code that this version does not know becomes `INTERNAL`. */
function failureOf({ code, detail, title, problems }: Partial<Problem>): Failure {
  const isKnown = code !== undefined && Object.hasOwn(failures, code)
  const known: FailureCode = isKnown ? code : 'INTERNAL'
  const hint = detail ?? (isKnown ? undefined : title)
  return new Failure(known, { ...(hint === undefined ? {} : { hint }), ...(problems ? { problems } : {}) })
}

function answerOf(url: string, { status, text }: Received): unknown {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    answer = undefined
  }
  if (typeof answer !== 'object' || answer === null || (status >= 300 && !('code' in answer)))
    throw new Failure('SYSTEM_UNREACHABLE', {
      hint: `What answers at ${url} is no Skerry system (status ${status}).`,
      url
    })
  if (status >= 300) throw failureOf(answer)
  return answer
}

function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' && url.pathname === '/' && url.search === '') return url.origin
  throw new Failure('USAGE_INVALID', { hint: `--url is '${text}', but it looks like ${urlDefault}.` })
}

/** The client of the system that a command is about: the one at `--url`, or the one that runs on the data directory. */
export function adminClient(call: Call): AdminClient {
  const named = call.text('url')
  const record = named === undefined ? readRunRecord(dataDirectory(call)) : undefined
  const url = named === undefined ? (record?.url ?? urlDefault) : addressOf(named)
  const ask = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      accept: 'application/json',
      'skerry-operator': operator(call),
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(text)}` })
    }
    let received: Received
    try {
      received = await exchange(new URL(path, url), method, headers, text)
    } catch (thrown) {
      throw nobodyAnswers(url, record, thrown)
    }
    return answerOf(url, received) as Answer
  }
  return {
    url,
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body)
  }
}
