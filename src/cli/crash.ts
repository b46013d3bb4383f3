import type { Log } from '../ports/index.ts'
import type { Terminal } from './terminal.ts'

/**
 * Ends the process when something was thrown that nobody caught: from here on nobody knows what state the program is
 * in, and to end at once is as safe as to be killed.
 */
export function endOnCrash(log: Log, terminal: Terminal): void {
  const end = (thrown: unknown): void => {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    log.error('the program failed and ends', { error })
    terminal.err(
      `skerry: the program failed and ends. What it accepted is stored.\n${error.stack ?? error.message}`
    )
    process.exit(1)
  }
  process.on('uncaughtException', end)
  process.on('unhandledRejection', end)
}
