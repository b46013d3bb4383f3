import { request } from 'node:http'
import { Failure } from '../core/index.ts'
import { failureOfProblem } from '../gateway/index.ts'
import type { Call } from './call.ts'
import { isLocked } from './directory-lock.ts'
import { operator } from './operator.ts'
import { type RunRecord, readRunRecord } from './run-record.ts'
import { dataDirectory } from './run-setting.ts'
import { shownPath } from './shown-path.ts'

const urlExample = 'http://127.0.0.1:4000'
const startIt = `start it with 'skerry run', or say where it runs with --url or --data.`

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

/** Where a system should run, and the process that said so. */
type Place = Pick<RunRecord, 'url'> & Partial<Pick<RunRecord, 'pid'>>

function nobodyAnswers({ url, pid }: Place, thrown: unknown): Failure {
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

function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' && url.pathname === '/' && url.search === '') return url.origin
  throw new Failure('USAGE_INVALID', { hint: `--url is '${text}', but it looks like ${urlExample}.` })
}

/** Whether a process has the directory; taken to be so where that cannot be found out. */
function isTaken(directory: string): boolean {
  try {
    return isLocked(directory)
  } catch {
    return true
  }
}

/**
 * The run on a data directory. Fails with `SYSTEM_UNREACHABLE` when there is none: what listens at its last address by
 * then, or at an address that many systems have, is another system.
 */
function runOn(directory: string): RunRecord {
  const record = readRunRecord(directory)
  const taken = isTaken(directory)
  if (record && taken) return record
  const shown = shownPath(directory)
  const hint = record
    ? `Process ${record.pid}, which ran it at ${record.url}, is gone: ${startIt}`
    : taken
      ? `A process has ${shown}, but has not said where it listens: try again, or say where with --url.`
      : `Nothing runs on ${shown}: ${startIt}`
  throw new Failure('SYSTEM_UNREACHABLE', { hint })
}

/**
 * The client of the system that a command is about: the one at `--url`, or the one that runs on the data directory,
 * and no other. Asking fails with `SYSTEM_UNREACHABLE` when there is none.
 */
export function adminClient(call: Call): AdminClient {
  const named = call.text('url')
  let place: Place | undefined = named === undefined ? undefined : { url: addressOf(named) }
  // Looked for when something is asked, so that a mistake in the command is told before that nothing runs.
  const placeFound = (): Place => {
    place ??= runOn(dataDirectory(call))
    return place
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
    const at = placeFound()
    let received: Received
    try {
      received = await exchange(new URL(path, at.url), method, headers, text)
    } catch (thrown) {
      throw nobodyAnswers(at, thrown)
    }
    return answerOf(at.url, received) as Answer
  }
  return {
    get url() {
      return placeFound().url
    },
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body)
  }
}
