import type { Log } from '../ports/index.ts'

const silent = (): void => undefined

/** For what is looked at and not run: what it has to say comes as a failure. */
export const silentLog: Log = { debug: silent, info: silent, warn: silent, error: silent }
