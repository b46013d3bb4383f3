/** What the test runner reports of one run, as far as it is counted here. */
export interface TestReport {
  readonly success: boolean
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/**
 * The plain last line of a run: `N passed, N failed`, and `, N skipped` when there are any. A file that failed before
 * its first test counts as one failed test, and so does a run that failed elsewhere, or ran nothing at all.
 */
export const closingLine = (report: TestReport): string => {
  const files = report.testResults
  const tests = files.flatMap((file) => file.assertionResults.map((test) => test.status))
  const passed = tests.filter((status) => status === 'passed').length
  const failedTests = tests.filter((status) => status === 'failed').length
  const failedFiles = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')
  ).length
  const failed = failedTests + failedFiles
  const elsewhere = failed === 0 && (!report.success || passed === 0) ? 1 : 0
  const skipped = tests.length - passed - failedTests
  return `${passed} passed, ${failed + elsewhere} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** Why tests were skipped, each reason once, as the files that ran have told it line by line. */
export const skipLines = (told: string): readonly string[] => [...new Set(told.split('\n').filter(Boolean))]
