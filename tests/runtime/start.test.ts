import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { Failure, type SystemDefinition, service, system } from '../../src/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { type RunningSystem, startSystem } from '../../src/runtime/index.ts'
import { bank } from './bank.ts'
import { codeOf, stage } from './stage.ts'

const quiet = (): void => {}

/** Starts systems on the files of one directory; `change` may replace or refuse a store. */
function starter(): (
  definition: SystemDefinition,
  change?: (store: Store) => Store
) => Promise<RunningSystem> {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-runtime-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return (definition, change = (store) => store) =>
    startSystem(definition, {
      openStore: async (name) =>
        change(await sqliteStore({ service: name, file: join(directory, `${name}.db`) })),
      bus: localBus(),
      clock: systemClock(),
      ids: systemIds(),
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      effects: () => guardedEffects()
    })
}

/** Only a store whose file nobody else has can be opened. */
async function startsAndStops(start: ReturnType<typeof starter>): Promise<void> {
  const running = await start(bank())
  expect(running.services.size).toBe(3)
  await running.stop()
}

test('a start that fails leaves nothing open, whichever store it is that fails', async () => {
  const start = starter()
  for (const service of ['bank', 'transfers', 'notices']) {
    const broken = start(bank(), (store) => {
      if (store.service !== service) return store
      return new Proxy(store, {
        get: (target, name) => {
          if (name === 'checkpoints') return async () => Promise.reject(new Failure('STORE_UNAVAILABLE'))
          const member: unknown = Reflect.get(target, name)
          return typeof member === 'function' ? member.bind(target) : member
        }
      })
    })
    expect(await codeOf(broken)).toBe('STORE_UNAVAILABLE')
    await startsAndStops(start)
  }
})

test('a store that does not keep what it acknowledged is refused, and closed', async () => {
  const start = starter()
  const loose = start(
    bank(),
    (store) =>
      new Proxy(store, {
        get: (target, name) => {
          if (name === 'guarantees') return { ...target.guarantees, durable: false }
          const member: unknown = Reflect.get(target, name)
          return typeof member === 'function' ? member.bind(target) : member
        }
      })
  )
  expect(await codeOf(loose)).toBe('STORE_GUARANTEE')
  await startsAndStops(start)
})

test('a system that lacks a service which another listens to does not start, and says which', async () => {
  const start = starter()
  const notices = bank().services.get('notices')
  const alone = system('alone', notices ? [service(notices.contract, [...notices.units.values()])] : [])
  const failure = await start(alone).catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject({
    code: 'DEFINITION_INVALID',
    message: expect.stringMatching(/notices\/\S+ listens to/)
  })
})

test('two systems do not share a file', async () => {
  const start = starter()
  const first = await start(bank())
  expect(await codeOf(start(bank()))).toBe('STORE_LOCKED')
  await first.stop()
  await startsAndStops(start)
})

test('a service that is not in the system is unknown, and the answer names those that are', async () => {
  const on = await stage(bank())
  expect(() => on.system.service('nobody')).toThrow(/bank, transfers, notices/)
})
