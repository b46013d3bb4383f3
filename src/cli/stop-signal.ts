import { performance } from 'node:perf_hooks'

const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Under npm, one Ctrl-C arrives twice: from the terminal, and passed on by npm. */
const echoMs = 500

/** Resolves with the first signal that asks this process to end; a SIGINT after it ends the process at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstMs: number | undefined
    const onSignal = (signal: NodeJS.Signals): void => {
      if (firstMs === undefined) {
        firstMs = performance.now()
        resolve(signal)
      } else if (signal === 'SIGINT' && performance.now() - firstMs > echoMs) process.exit(130)
    }
    for (const signal of signals) process.on(signal, onSignal)
  })
}
