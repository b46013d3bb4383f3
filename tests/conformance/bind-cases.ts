import { expect, test } from 'vitest'
import type { ConformanceCase } from '../../src/conformance/index.ts'

/** A machine with a busy disk needs seconds for what takes milliseconds. */
const timeout = 60_000

/**
 * Binds the cases of a suite to tests. An exception is the name of a case with the reason why it cannot pass; it runs
 * as a test that must fail, so that one that has become untrue is seen.
 */
export function bindCases(
  cases: readonly ConformanceCase[],
  casesMin: number,
  exceptions: Readonly<Record<string, string>> = {}
): void {
  test('the suite has its cases, and each exception names one of them with a reason', () => {
    const names = new Set(cases.map((each) => each.name))
    expect(cases.length).toBeGreaterThanOrEqual(casesMin)
    expect(names.size).toBe(cases.length)
    for (const [name, reason] of Object.entries(exceptions)) {
      expect(names).toContain(name)
      expect(reason.length).toBeGreaterThan(10)
    }
  })
  for (const each of cases)
    (exceptions[each.name] === undefined ? test : test.fails)(each.name, { timeout }, () => each.run())
}
