/** The file and line that something was thrown at, in code that can be read; `undefined` when nothing says so. */
export function thrownPlace(thrown: unknown): string | undefined {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : ''
  return /(?:file:\/\/)?(?<place>\/[^\s()]+\.[cm]?[jt]s:\d+)/.exec(stack)?.groups?.['place']
}
