import { Failure, type FailureCode, failures, type Refusal, type RetryHint } from '../core/index.ts'
import type { Answer } from './answer.ts'
import { statuses } from './statuses.ts'

/** An error answer as RFC 9457 has it, with the code of the one error table and what helps to mend it. */
export interface Problem {
  /** `/errors/<CODE>`: the gateway itself serves an explanation there. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  /** The path of the request. */
  readonly instance: string
  readonly code: FailureCode
  readonly retry: RetryHint
  /** Every wrong place, when there are places, the first 100: `pointer` into the body or `parameter` of the query. */
  readonly problems?: readonly unknown[]
  /** What the business said, when it refused. */
  readonly refusal?: { readonly code: string; readonly reason: string; readonly details?: unknown }
  readonly correlationId?: string
  /** Finds the lines of the log that belong to this request. */
  readonly traceId?: string
}

/** Where a problem occurred. */
export interface ProblemContext {
  readonly instance: string
  readonly traceId?: string | undefined
  readonly correlationId?: string | undefined
}

const problemsMax = 100

const retryAfterSeconds: Readonly<Record<RetryHint, string | undefined>> = {
  now: '0',
  later: '1',
  never: undefined
}

function document(code: FailureCode, detail: string | undefined, context: ProblemContext): Problem {
  const { text, retry } = failures[code]
  return {
    type: `/errors/${code}`,
    title: text,
    status: statuses[code],
    ...(detail === undefined ? {} : { detail }),
    instance: context.instance,
    code,
    retry,
    ...(context.correlationId === undefined ? {} : { correlationId: context.correlationId }),
    ...(context.traceId === undefined ? {} : { traceId: context.traceId })
  }
}

/** The answer that carries a problem. */
export function problemAnswer(problem: Problem, headers: Readonly<Record<string, string>> = {}): Answer {
  const retryAfter = retryAfterSeconds[problem.retry]
  return {
    status: problem.status,
    type: 'application/problem+json',
    headers: { ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }), ...headers },
    body: JSON.stringify(problem)
  }
}

/** What is told beside the code: of what went wrong inside the server, only which service is away. */
function detailOf({ code, details: { hint, service } }: Failure): string | undefined {
  if (code === 'SERVICE_UNREACHABLE' && typeof service === 'string') return `It runs ${service}.`
  return statuses[code] < 500 && typeof hint === 'string' ? hint : undefined
}

/** A failure as a problem. What went wrong inside the server is told by its code alone; the log says more. */
export function problemOf(failure: Failure, context: ProblemContext): Problem {
  const status = statuses[failure.code]
  const { problems } = failure.details
  const detail = detailOf(failure)
  const problem = document(failure.code, detail, context)
  return status < 500 && Array.isArray(problems)
    ? { ...problem, problems: problems.slice(0, problemsMax) }
    : problem
}

/**
 * The failure that a problem tells of, for whoever was answered with one: its code, hint and places. A code that this
 * version does not know, and an answer that is no problem at all, become `INTERNAL`. Never fails itself.
 */
export function failureOfProblem(answer: unknown): Failure {
  const { code, detail, title, problems } = (answer ?? {}) as Partial<Problem>
  const isKnown = code !== undefined && Object.hasOwn(failures, code)
  const known: FailureCode = isKnown ? code : 'INTERNAL'
  const hint = detail ?? (isKnown ? undefined : title)
  return new Failure(known, { ...(hint === undefined ? {} : { hint }), ...(problems ? { problems } : {}) })
}

/** A refusal of the business as a problem. */
export function refusalProblem(refusal: Refusal, context: ProblemContext): Problem {
  const { code, reason, details } = refusal
  return {
    ...document('COMMAND_REFUSED', reason, context),
    refusal: { code, reason, ...(details === undefined ? {} : { details }) }
  }
}
