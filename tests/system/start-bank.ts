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

/** Real files and the clock of the machine; `wrap` may stand between the bank and its stores. */
export function bankPorts(
  directory: string,
  wrap: (store: Store) => Store | Promise<Store> = (store) => store
): RuntimePorts {
  return {
    openStore: async (service) =>
      wrap(await sqliteStore({ service, file: join(directory, `${service}.db`) })),
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
