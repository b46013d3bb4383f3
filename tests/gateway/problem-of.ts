import { expect } from 'vitest'
import type { Problem } from '../../src/gateway/index.ts'

/** The problem in an answer, after checking that it is one in its whole form. */
export async function problemOf(answer: Response): Promise<Problem> {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const problem = (await answer.json()) as Problem
  expect(problem.status).toBe(answer.status)
  expect(problem.type).toBe(`/errors/${problem.code}`)
  expect(problem.instance).toMatch(/^\//)
  expect(problem.title).not.toBe('')
  return problem
}

/** Status and code of the problem in an answer. */
export async function codeOf(answer: Response): Promise<string> {
  const { status, code } = await problemOf(answer)
  return `${status} ${code}`
}
