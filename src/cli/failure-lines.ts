import type { Failure } from '../core/index.ts'
import { thrownPlace } from './thrown-place.ts'

interface WrongPlace {
  readonly pointer?: unknown
  readonly parameter?: unknown
  readonly problem?: unknown
}

function placesOf(failure: Failure): readonly WrongPlace[] {
  const { problems } = failure.details
  return Array.isArray(problems) ? problems : []
}

/** A failure for people: what happened and what to do, then every wrong place. */
export function failureLines(failure: Failure): string[] {
  const places = placesOf(failure).map(
    ({ pointer, parameter, problem }) => `  ${pointer ?? parameter ?? ''}: ${problem ?? ''}`
  )
  const origin = failure.code === 'INTERNAL' ? thrownPlace(failure.cause) : undefined
  return [`skerry: ${failure.message}`, ...places, ...(origin === undefined ? [] : [`  at ${origin}`])]
}

/** A failure as the one JSON document of an answer. */
export function failureDocument(failure: Failure): unknown {
  const problems = placesOf(failure)
  return {
    error: {
      code: failure.code,
      message: failure.message,
      retry: failure.retry,
      ...(problems.length === 0 ? {} : { problems })
    }
  }
}
