import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandMessage } from 'skerry'
import { localBus } from 'skerry/local'
import { guardedEffects, systemIds } from 'skerry/node'
import { type RunningSystem, startSystem } from 'skerry/runtime'
import { sqliteStore } from 'skerry/sqlite'
import { testClock } from 'skerry/testing'
import { expect, onTestFinished, test } from 'vitest'
import { AddBike } from './fleet/contract.ts'
import { hire } from './hire.ts'
import type { Bank } from './payments/bank.ts'
import { BookRide } from './rides/contract.ts'

// #region start
const clock = testClock()
const quiet = () => undefined

async function started(bank: Bank): Promise<RunningSystem> {
  const directory = mkdtempSync(join(tmpdir(), 'hire-'))
  const running = await startSystem(hire(bank), {
    openStore: (service) => sqliteStore({ service, file: join(directory, `${service}.db`) }),
    bus: localBus(),
    clock,
    ids: systemIds(),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    effects: () => guardedEffects()
  })
  onTestFinished(async () => {
    // The clock stands still: a stop that waits for an effect needs time to pass.
    await Promise.all([running.stop(), clock.advance(60_000)])
    rmSync(directory, { recursive: true })
  })
  return running
}
// #endregion

async function send(system: RunningSystem, { service, type, key, data }: CommandMessage): Promise<void> {
  expect(await system.service(service).send({ type, key, data })).toMatchObject({ outcome: 'accepted' })
}

const bookings = [
  AddBike.for('b-1', { station: 'harbour' }),
  BookRide.for('r-1', { bikeId: 'b-1', riderId: 'ann', card: '4000' })
]

// #region whole
test('a ride whose bank falls silent is given up after ten minutes, and the bike is free again', async () => {
  const system = await started({
    charge: () => new Promise(() => undefined),
    refund: () => Promise.reject(new Error('Nothing was taken.'))
  })
  for (const command of bookings) await send(system, command)
  const aMinuteLater = (service: string, projection: string, key: string) => async () => {
    await clock.advance(60_000)
    return system.service(service).row(projection, key)
  }
  const ride = expect.poll(aMinuteLater('rides', 'ride-list', 'r-1'), { timeout: 20_000 })
  await ride.toMatchObject({ status: 'rejected' })
  const bike = expect.poll(aMinuteLater('fleet', 'bikes', 'b-1'), { timeout: 20_000 })
  await bike.toEqual({ station: 'harbour', free: true })
}, 45_000)
// #endregion
