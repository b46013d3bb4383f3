import { request } from 'node:http'
import { Failure } from '../core/index.ts'
import { failureOfProblem } from '../gateway/index.ts'
import type { Call } from './call.ts'
import { operator } from './operator.ts'
import { type RunningPlace, runningPlace, startIt } from './running-place.ts'

/** How long an answer may take. Checks of large logs, and effects that are tried again, take their time. */
const answerMs = 600_000

/** The HTTP side of a running system. */
export interface AdminClient {
  /** Where it runs, for people. Fails as asking does when it is not found. */
  where(): Promise<string>
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

function nobodyAnswers({ url, pid }: RunningPlace, thrown: unknown): Failure {
  const reason = (thrown as NodeJS.ErrnoException).code ?? (thrown as Error).message
  const hint =
    pid === undefined
      ? `Nothing is at ${url} (${reason}): ${startIt}`
      : `Process ${pid} should run it at ${url}, but does not answer (${reason}): is it starting or stopping?`
  return new Failure('SYSTEM_UNREACHABLE', { hint, url }, thrown)
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
  if (status >= 300) throw failureOfProblem(answer)
  return answer
}

/**
 * The client of the system that a command is about: the one at `--url`, the one that runs on the data directory, or the
 * services that were started one by one where the call says how they are found; and no other. Asking fails with
 * `SYSTEM_UNREACHABLE` when there is none.
 */
export function adminClient(call: Call, known?: RunningPlace): AdminClient {
  let found: Promise<RunningPlace> | undefined
  // Looked for when something is asked, so that a mistake in the command is told before that nothing runs.
  const place = (): Promise<RunningPlace> => {
    found ??= known ? Promise.resolve(known) : runningPlace(call)
    return found
  }
  const ask = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      accept: 'application/json',
      'skerry-operator': operator(call),
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(text)}` })
    }
    const at = await place()
    let received: Received
    try {
      received = await exchange(new URL(path, at.url), method, headers, text)
    } catch (thrown) {
      throw nobodyAnswers(at, thrown)
    }
    return answerOf(at.url, received) as Answer
  }
  return {
    where: async () => (await place()).where,
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body)
  }
}
