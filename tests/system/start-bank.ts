import { join } from 'node:path'
import { localBus } from '../../src/adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { type RunningSystem, type RuntimePorts, startSystem } from '../../src/runtime/index.ts'
import { type BankOptions, bank, ConfirmNotice } from '../runtime/bank.ts'

const quiet = (): void => {}

/** Every seventh notice cannot be posted at once; every transfer named so cannot be folded the first times. */
export const difficult: BankOptions = {
  policy: { retry: { attempts: 4, base: { ms: 2 }, max: { ms: 4 } } },
  post: async (_, { meta, attempt, idempotencyKey }) => {
    if (attempt === 1 && meta.key.endsWith('7')) throw new Error('The post is closed.')
    return ConfirmNotice.for(meta.key, { receipt: idempotencyKey })
  }
}

/** Whether a place is the address of a database; else it is a directory with a file for each service. */
export const isDatabase = (place: string): boolean => place.startsWith('postgres:')

/** The address of a service in a database, where each has a role and a schema of its name. */
export function databaseOf(address: string, service: string): string {
  const url = new URL(address)
  url.username = service
  return url.href
}

/** A file in a directory, or a schema of a database where the place is the address of one. */
async function openStore(place: string, service: string): Promise<Store> {
  if (!isDatabase(place)) return sqliteStore({ service, file: join(place, `${service}.db`) })
  // Who works on files starts sooner without it.
  const [{ Pool }, { postgresStore }] = await Promise.all([
    import('pg'),
    import('../../src/adapters/postgres/index.ts')
  ])
  return postgresStore({
    service,
    pool: new Pool({ connectionString: databaseOf(place, service), max: 8 })
  })
}

/**
 * A directory or the address of a database, and the clock of the machine; `wrap` may stand between the bank and its
 * stores.
 */
export function bankPorts(
  place: string,
  wrap: (store: Store) => Store | Promise<Store> = (store) => store
): RuntimePorts {
  return {
    openStore: async (service) => wrap(await openStore(place, service)),
    bus: localBus(),
    clock: systemClock(),
    ids: systemIds(),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    effects: () => guardedEffects(),
    limits: { retryBaseMs: 2, retryMaxMs: 8, attemptsMax: 3 }
  }
}

/** Starts the bank on real files, with the clock of the machine. */
export function startBank(
  directory: string,
  options: BankOptions = {},
  ports: RuntimePorts = bankPorts(directory)
): Promise<RunningSystem> {
  return startSystem(bank({ ...difficult, ...options }), ports)
}
