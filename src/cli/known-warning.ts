// Node 22 says so at every start; the user can do nothing about it, and we test on what it is about.
const known = /^SQLite is an experimental feature/

/** Keeps Node from warning of its own SQLite; every other warning is shown. */
export function silenceKnownWarning(): void {
  const emit = process.emitWarning.bind(process) as (...parts: readonly unknown[]) => void
  process.emitWarning = (...parts: readonly unknown[]): void => {
    const [warning, kind] = parts
    if (kind !== 'ExperimentalWarning' || !known.test(String(warning))) emit(...parts)
  }
}
